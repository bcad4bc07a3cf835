import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from './fixtures/test.ts'

test('where the browser keeps nothing it is said, and one can still talk and share', async ({ person }) => {
  const ann = await person('Ann')
  // As Firefox answers in private windows, and Chromium where site data is blocked.
  await ann.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'InvalidStateError')
    }
  })
  await ann.page.reload()
  const notice = ann.page.getByTestId('storage-notice')
  await expect(notice).toContainText('Nothing is kept after closing')

  const link = await ann.startRoom()
  await expect(notice).toBeVisible()
  await notice.getByRole('button', { name: 'Dismiss' }).click()
  await expect(notice).toHaveCount(0)
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  await ann.say('in memory only')
  await ben.hears('in memory only')
  await ann.isDelivered('in memory only')
  const file = {
    name: 'note.bin',
    mimeType: 'application/octet-stream',
    buffer: randomBytes(100_000),
  }
  await ann.shares(file)
  await expect(ben.card('note.bin')).toBeVisible()
  expect(await ben.downloads('note.bin')).toBe(createHash('sha256').update(file.buffer).digest('hex'))
})

test('data cleared while a tab is open is told in that tab, and a reload begins anew', async ({ person }) => {
  const ann = await person('Ann')
  await ann.startRoom()
  const session = await ann.page.context().newCDPSession(ann.page)
  const { origin } = new URL(ann.page.url())
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  const notice = ann.page.getByTestId('storage-notice')
  await ann.say('is this kept?') // a dropped database is found out on the next use
  await expect(notice).toContainText('Nothing new is kept until you reload')
  await expect(ann.message('is this kept?').getByTestId('message-state')).toHaveAttribute(
    'data-state',
    'failed',
  )
  await notice.getByRole('button', { name: 'Reload' }).click()
  await expect(notice).toHaveCount(0)
})
