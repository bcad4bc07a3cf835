import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

const sizeBytes = 160_000_000

/** Runs in the page first: counts what comes on data channels since the page was loaded. */
function countReceived(): void {
  const counted = { receivedBytes: 0 }
  Object.assign(window, { counted })
  const follow = (channel: RTCDataChannel): void => {
    channel.addEventListener('message', ({ data }) => {
      counted.receivedBytes += (data as ArrayBuffer).byteLength
    })
  }
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      this.addEventListener('datachannel', ({ channel }) => follow(channel))
    }
    override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
      const channel = super.createDataChannel(label, options)
      follow(channel)
      return channel
    }
  }
}

async function receivedBytes(tab: Tab): Promise<number> {
  return await tab.page.evaluate(() => {
    return (window as unknown as { counted: { receivedBytes: number } }).counted.receivedBytes
  })
}

/** Runs in the page first: room for an unfinished fetch, but none to hold the file for others, whose share is a tenth (FI-18). */
function limitSpace(): void {
  StorageManager.prototype.estimate = () => Promise.resolve({ quota: 600_000_000, usage: 0 })
}

/** Waits until this tab's worker answers for it: before that nothing can be streamed. */
async function isControlled(tab: Tab): Promise<void> {
  await expect.poll(() => tab.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true)
}

test('FI-33: a fetch cut off by a reload goes on, and less than 5 % of the file is fetched twice', async ({
  person,
}, info) => {
  test.setTimeout(240_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.page.addInitScript(countReceived)
  await ben.page.addInitScript(limitSpace)
  await ben.page.reload()
  await ben.join(link)
  await ben.sees('Ann')

  const content = randomBytes(sizeBytes)
  const path = info.outputPath('film.bin')
  await writeFile(path, content)
  await ann.page.locator('input[type=file]').first().setInputFiles(path)
  await expect(ann.card('film.bin')).toContainText('Held by you', { timeout: 120_000 })

  await isControlled(ben)
  await ben.card('film.bin').getByRole('button', { name: 'Download film.bin' }).click()
  await expect.poll(() => receivedBytes(ben), { timeout: 80_000 }).toBeGreaterThan(sizeBytes * 0.4)
  const before = await receivedBytes(ben)
  expect(before).toBeLessThan(sizeBytes)
  await ben.page.reload()
  await ben.sees('Ann')
  await isControlled(ben)
  const hash = await ben.downloads('film.bin', 'Go on with')
  expect(hash).toBe(createHash('sha256').update(content).digest('hex'))
  const fetchedBytes = before + (await receivedBytes(ben))
  await info.attach('bytes', { body: `${String(before)} before, ${String(fetchedBytes)} in all` })
  expect(fetchedBytes).toBeLessThan(sizeBytes * 1.05)
})
