/**
 * How much of a plain data channel does a fetch leave to the file?
 *
 * Two browsers, one local relay (the built one), one page each. The sender has a sealed file; the receiver keeps nothing. In
 * turns the receiver pulls the file's size over a raw channel and fetches the file.
 */
import type { Run } from '../page/api.ts'
import { startSite } from '../harness/site.ts'
import { BenchTab, joinRaw } from '../harness/tab.ts'

const sizeBytes = Number(process.env['SIZE_MB'] ?? 256) * 1_000_000
const rounds = Number(process.env['ROUNDS'] ?? 3)
const speed = ({ bytes, ms }: Run): number => bytes / 1000 / ms

const site = await startSite()
const sender = await BenchTab.open(site.url)
const receiver = await BenchTab.open(site.url)
const link = await sender.call('enter', {})
await receiver.call('enter', { link, budgetBytes: 0 })
await receiver.call('sees', 1)
await joinRaw(receiver, sender)
const file = await sender.call('share', sizeBytes, 1)
await receiver.call('holders', file, 1)
await receiver.call('rawReceive', 32_000_000, 65_536)
for (let round = 0; round < rounds; round++) {
  const raw = speed(await receiver.call('rawReceive', sizeBytes, 65_536))
  const raw256 = speed(await receiver.call('rawReceive', sizeBytes, 262_144))
  const fetched = speed(await receiver.call('fetch', file, 1))
  console.log(
    `raw64 ${raw.toFixed(1)} raw256 ${raw256.toFixed(1)} fetch ${fetched.toFixed(1)} ratio ${(fetched / raw).toFixed(2)} ${(fetched / raw256).toFixed(2)}`,
  )
}
await receiver.close()
await sender.close()
await site.stop()
