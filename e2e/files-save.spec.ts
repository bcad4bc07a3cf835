import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Download } from '@playwright/test'
import { expect, test } from './fixtures/test.ts'
import type { Tab } from './fixtures/tab.ts'

const sha256 = (buffer: Buffer): string => createHash('sha256').update(buffer).digest('hex')
/** Above what is gathered in memory, so that only the worker's stream can save it. */
const large = 48_000_000

/** Waits until this tab's worker answers for it: before that nothing can be streamed. */
async function isControlled(tab: Tab): Promise<void> {
  await tab.page.waitForFunction('navigator.serviceWorker.controller !== null')
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
