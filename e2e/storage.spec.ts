import { expect, test } from './fixtures/test.ts'

test('data cleared while a tab is open is told in that tab, and a reload begins anew', async ({ person }) => {
  const ann = await person('Ann')
  await ann.startRoom()
  const session = await ann.page.context().newCDPSession(ann.page)
  const { origin } = new URL(ann.page.url())
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  const notice = ann.page.getByTestId('storage-bar')
  await ann.say('is this kept?') // a dropped database is found out on the next use
  await expect(notice).toContainText('Reload the page')
  await expect(ann.message('is this kept?').getByTestId('message-state')).toHaveAttribute(
    'data-state',
    'failed',
  )
  await notice.getByRole('button', { name: 'Reload' }).click()
  await expect(notice).toHaveCount(0)
})
