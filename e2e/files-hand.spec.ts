import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function pair(person: (name: string) => Promise<Tab>): Promise<[Tab, Tab, string]> {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  return [ann, ben, link]
}

/** Waits until this page's requests go through the service worker. */
async function isControlled(tab: Tab): Promise<void> {
  await tab.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
}

test('a folder is shared under one entry and saved as one zip, its files in their places', async ({
  person,
}) => {
  const [ann, ben] = await pair(person)
  await isControlled(ben)
  const base = await mkdtemp(join(tmpdir(), 'tessera-folder-'))
  const content: Record<string, Buffer> = {
    'notes/über.txt': Buffer.from('one'),
    'notes/deep/two.bin': randomBytes(700_000),
    'three.txt': Buffer.alloc(0),
  }
  for (const [path, bytes] of Object.entries(content)) {
    await mkdir(dirname(join(base, 'Trip', path)), { recursive: true })
    await writeFile(join(base, 'Trip', path), bytes)
  }
  await ann.page.locator('input[webkitdirectory]').first().setInputFiles(join(base, 'Trip'))
  const folder = ben.page.getByTestId('folder-card')
  await expect(folder).toContainText('3 files')
  const downloading = ben.page.waitForEvent('download', { timeout: 60_000 })
  const picksFolders = await ben.page.evaluate(() => 'showDirectoryPicker' in window)
  if (picksFolders) {
    await folder.getByRole('button', { name: 'More for Trip' }).click()
    await ben.page.getByRole('menuitem', { name: 'Save as zip' }).click()
  } else await folder.getByRole('button', { name: 'Save Trip as zip' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('Trip.zip')
  const files = unzipSync(await readFile(await download.path()))
  expect(Object.keys(files).sort()).toEqual(Object.keys(content).sort())
  for (const [path, bytes] of Object.entries(content)) {
    expect(sha256(files[path] ?? new Uint8Array([1])), path).toBe(sha256(bytes))
  }
  await rm(base, { recursive: true })
})

test('a file taken back is gone for everybody, also after a reload', async ({ person }) => {
  const [ann, ben] = await pair(person)
  await ann.shares({ name: 'oops.txt', mimeType: 'text/plain', buffer: randomBytes(50_000) })
  await expect(ben.card('oops.txt')).toContainText('whole on this device', { timeout: 30_000 })
  await ann.chooses('oops.txt', 'Withdraw for all')
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Withdraw for all' }).click()
  for (const tab of [ann, ben]) await expect(tab.card('oops.txt')).toContainText('Withdrawn by its sharer')
  await ben.page.reload()
  await expect(ben.card('oops.txt')).toContainText('Withdrawn by its sharer')
})

test('a sealed file brings its tiles back without anybody else', async ({ person }) => {
  const [ann, ben] = await pair(person)
  await isControlled(ben)
  const buffer = randomBytes(900_000)
  await ann.shares({ name: 'plan.bin', mimeType: '', buffer })
  await expect(ben.card('plan.bin')).toContainText('whole on this device', { timeout: 30_000 })
  const downloading = ben.page.waitForEvent('download')
  await ben.chooses('plan.bin', 'Export sealed (.tessera)')
  const download = await downloading
  expect(download.suggestedFilename()).toBe('plan.bin.tessera')
  const sealed = await readFile(await download.path())
  expect(sealed.includes(buffer.subarray(100, 200))).toBe(false)
  await ann.page.close()
  await ben.chooses('plan.bin', 'Free space')
  await ben.page.getByRole('dialog').getByRole('button', { name: 'Free it all the same' }).click()
  await expect(ben.card('plan.bin')).not.toContainText('whole on this device')
  const input = ben.page.locator('input[accept=".tessera"]').first()
  const damaged = Buffer.from(sealed)
  damaged[400_000] = (damaged[400_000] ?? 0) ^ 1
  await input.setInputFiles({ name: 'damaged.tessera', mimeType: '', buffer: damaged })
  await expect(ben.page.getByText('A tile in it is damaged')).toBeVisible()
  await input.setInputFiles({ name: 'plan.bin.tessera', mimeType: '', buffer: sealed })
  await expect(ben.card('plan.bin')).toContainText('whole on this device')
  expect(await ben.downloads('plan.bin')).toBe(sha256(buffer))
})

test('the link to a file opens its room at that file', async ({ person }) => {
  const [ann, ben, link] = await pair(person)
  await ann.shares({ name: 'first.txt', mimeType: 'text/plain', buffer: Buffer.from('first') })
  await expect(ben.card('first.txt')).toBeVisible()
  for (let i = 0; i < 40; i++) await ann.say(`line ${i}`)
  const file = await ann.card('first.txt').getAttribute('data-file')
  const cleo = await person('Cleo')
  await cleo.join(`${link}/f/${file ?? ''}`)
  await expect(cleo.card('first.txt')).toBeInViewport({ timeout: 20_000 })
  await cleo.hears('line 39')
  await expect(cleo.card('first.txt')).toBeInViewport()

  // Whoever has been asked nothing is led there with the keyboard as well.
  await cleo.page.goto(`${link}/f/${file ?? ''}`)
  await expect(cleo.card('first.txt')).toBeFocused()
  await expect(cleo.card('first.txt')).toBeInViewport()
})
