import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Download, Locator } from '@playwright/test'
import { expect, test } from './fixtures/test.ts'
import type { Tab } from './fixtures/tab.ts'

const sha256 = (buffer: Buffer): string => createHash('sha256').update(buffer).digest('hex')
/** Above what is gathered in memory, so that only the worker's stream can save it. */
const large = 48_000_000

/** Waits until this tab's worker answers for it: before that nothing can be streamed. */
async function isControlled(tab: Tab): Promise<void> {
  const hasController = (): Promise<boolean> =>
    tab.page.evaluate(() => navigator.serviceWorker.controller !== null)
  await expect.poll(hasController, { timeout: 30_000 }).toBe(true)
}

async function beginDownload(tab: Tab, name: string): Promise<Download> {
  const begun = tab.page.waitForEvent('download')
  await tab
    .card(name)
    .getByRole('button', { name: `Download ${name}` })
    .click()
  return begun
}

test('a large file is saved by the worker’s stream, byte-identical, and its place is said', async ({
  person,
}) => {
  const ann = await person('Ann')
  await ann.startRoom()
  await isControlled(ann)
  const file = {
    name: 'naïve “plan” (1).bin',
    mimeType: 'application/octet-stream',
    buffer: randomBytes(large),
  }
  await ann.shares(file)
  await expect(ann.card('plan')).toContainText('Held by you', { timeout: 60_000 })
  const begun = ann.page.waitForEvent('download')
  await ann
    .card('plan')
    .getByRole('button', { name: /^Download/ })
    .click()
  const download = await begun
  expect(download.url()).toContain('/~file/')
  expect(download.suggestedFilename()).toBe('naïve “plan” (1).bin')
  expect(sha256(await readFile(await download.path()))).toBe(sha256(file.buffer))
  await expect(ann.card('plan')).toContainText('your browser put it with your downloads')
})

test('a download that the browser ends early is told as failed, not as saved', async ({ person }) => {
  const ann = await person('Ann')
  await ann.startRoom()
  await isControlled(ann)
  await ann.shares({ name: 'big.bin', mimeType: '', buffer: randomBytes(large) })
  await expect(ann.card('big.bin')).toContainText('Held by you', { timeout: 60_000 })

  await (await beginDownload(ann, 'big.bin')).cancel()
  await expect(ann.card('big.bin')).toContainText('ended this download before it was whole')
  await expect(ann.card('big.bin')).not.toContainText('Saved as')

  const session = await ann.page.context().newCDPSession(ann.page)
  await session.send('ServiceWorker.enable')
  const download = await beginDownload(ann, 'big.bin')
  await session.send('ServiceWorker.stopAllWorkers')
  await expect(ann.card('big.bin')).toContainText('ended this download before it was whole')
  expect(await download.failure()).not.toBeNull()
})

test('a video plays from the mesh and seeks to the middle before the whole is here', async ({ person }) => {
  test.setTimeout(240_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  await isControlled(ben)
  const source = await readFile('e2e/fixtures/webm.js', 'utf8')
  const options = JSON.stringify({ name: 'film.webm', seconds: 60, framesPerSecond: 5 })
  const sizeBytes = await ann.page.evaluate<number>(
    `(() => { ${source}; return globalThis.shareFilm(${options}) })()`,
  )
  expect(sizeBytes).toBeGreaterThan(20_000_000)
  // Ben's own copy is freed, so that every tile has to come from Ann.
  await expect(ben.card('film.webm')).toContainText('whole on this device', { timeout: 120_000 })
  await ben.chooses('film.webm', 'Free space')
  await expect(ben.card('film.webm')).not.toContainText('whole on this device')

  const before = await ben.receivedBytes()
  await ben.card('film.webm').getByRole('button', { name: 'Play film.webm' }).click()
  const video = ben.card('film.webm').locator('video')
  await expect.poll(() => video.evaluate((v: HTMLVideoElement) => v.readyState)).toBeGreaterThanOrEqual(2)
  expect(await shownColour(video)).toBe('red')
  expect(await video.evaluate((v: HTMLVideoElement) => v.duration)).toBeCloseTo(60, 0)
  await video.evaluate((v: HTMLVideoElement) => {
    v.pause()
    v.currentTime = 45
  })
  await expect
    .poll(() => video.evaluate((v: HTMLVideoElement) => (v.seeking ? 0 : v.readyState)))
    .toBeGreaterThanOrEqual(2)
  expect(await shownColour(video)).toBe('blue')
  expect((await ben.receivedBytes()) - before).toBeLessThan(sizeBytes * 0.9)
})

/** What the flat square of the test film shows now. */
function shownColour(video: Locator): Promise<string> {
  return video.evaluate((v: HTMLVideoElement) => {
    const canvas = new OffscreenCanvas(160, 90)
    const context = canvas.getContext('2d')
    context?.drawImage(v, 0, 0, 160, 90)
    const [red = 0, , blue = 0] = context?.getImageData(15, 15, 1, 1).data ?? []
    return red > blue ? 'red' : 'blue'
  })
}
