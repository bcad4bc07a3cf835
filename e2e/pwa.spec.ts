import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { browserFlags, findBrowser } from '../tools/browser.ts'
import { expect, test } from './fixtures/test.ts'

test('the app can be installed', async ({ relay }) => {
  const profile = await mkdtemp(join(tmpdir(), 'tessera-profile-'))
  const executablePath = findBrowser()
  const context = await chromium.launchPersistentContext(profile, {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: browserFlags(),
  })
  try {
    const page = await context.newPage()
    await page.goto(relay.url)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
    const session = await context.newCDPSession(page)
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors')
    expect(installabilityErrors).toEqual([])
    const { icons } = (await (await page.request.get(`${relay.url}/manifest.webmanifest`)).json()) as {
      icons: { src: string }[]
    }
    for (const { src } of icons)
      expect((await page.request.get(new URL(src, relay.url).href)).ok(), src).toBe(true)
  } finally {
    await context.close()
    await rm(profile, { recursive: true, force: true })
  }
})

test('without a network the app opens with its history and its own files', async ({ person }) => {
  const ann = await person('Ann')
  await ann.startRoom()
  await ann.say('kept for offline')
  const file = { name: 'own.bin', mimeType: 'application/octet-stream', buffer: randomBytes(700_000) }
  await ann.shares(file)
  await expect(ann.card(file.name)).toContainText('Held by you')
  await ann.page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
  await ann.page.reload()
  await ann.hears('kept for offline')

  await ann.page.context().setOffline(true)
  await ann.page.reload()
  await ann.hears('kept for offline')
  await expect(ann.page.getByTestId('relay-state')).toContainText('Offline')
  expect(await ann.downloads(file.name)).toBe(createHash('sha256').update(file.buffer).digest('hex'))
  await ann.page.context().setOffline(false)
})

test('a window without storage works, and says that nothing stays', async ({ person }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.page.addInitScript(() => {
    // As private windows of some browsers do.
    IDBFactory.prototype.open = () => {
      throw new DOMException('no storage here', 'SecurityError')
    }
  })
  await ben.page.reload()
  await expect(ben.page.getByTestId('storage-bar')).toContainText('keeps nothing')
  await ben.join(link)
  await ben.sees('Ann')
  await ben.say('from a private window')
  await ann.hears('from a private window')
  await ben.isDelivered('from a private window')
})

test('what another app shares is offered without a network, and goes where the person says', async ({
  person,
}) => {
  const ann = await person('Ann')
  await ann.startRoom()
  await ann.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await ann.page.context().setOffline(true)
  // What the browser does when this app is chosen in another one's share sheet.
  await ann.page.evaluate(() => {
    const form = document.createElement('form')
    Object.assign(form, { method: 'POST', action: '/~share', enctype: 'multipart/form-data' })
    const input = document.createElement('input')
    const picked = new DataTransfer()
    picked.items.add(new File(['from elsewhere'], 'note.txt', { type: 'text/plain' }))
    Object.assign(input, { type: 'file', name: 'files', files: picked.files })
    form.append(input)
    document.body.append(form)
    form.submit()
  })
  const dialog = ann.page.getByRole('dialog', { name: 'Shared with Tessera' })
  await expect(dialog).toContainText('note.txt')
  await dialog
    .getByRole('button', { name: /^Room / })
    .first()
    .click()
  await expect(ann.card('note.txt')).toContainText('Held by you')
  await ann.page.context().setOffline(false)
  expect(await ann.downloads('note.txt')).toBe(createHash('sha256').update('from elsewhere').digest('hex'))
})
