/**
 * How much of a plain data channel does a fetch leave to the file?
 *
 * One local relay (the built one) and a browser of its own for each peer. The receiver keeps nothing for others, so all it fetches comes
 * from holders. In turns it pulls the file's size over a raw channel between the same two pages and fetches the sealed file:
 * first from one holder, then from three, and again with one of both behind a wire in network namespaces.
 *
 * Fails (exit 1) when a median ratio is below its bar. Options: `--size=MB` (256), `--rounds=N` (3), `--no-delay`.
 */
import { fileURLToPath } from 'node:url'
import { startSite } from '../harness/site.ts'
import { BenchTab } from '../harness/tab.ts'
import { runIsolated } from '../lab/lab.ts'
import { bar, compare, median } from './figures.ts'
import { options } from './options.ts'

const { sizeBytes, rounds, hasDelay } = options()
const oneHolderBar = 0.8
/** Not slower than one: what two runs of the same kind differ by is not slower. */
const threeHoldersBar = 0.95

const site = await startSite()
const tabs: BenchTab[] = []
let holds = true
try {
  const open = async (): Promise<BenchTab> => {
    const tab = await BenchTab.open(site.url)
    tabs.push(tab)
    return tab
  }
  const [sender, receiver] = [await open(), await open()]
  const link = await sender.call('enter', {})
  await receiver.call('enter', { link, budgetBytes: 0 })
  await receiver.call('sees', 1)
  const file = await sender.call('share', sizeBytes, 1)
  await receiver.call('holders', file, 1)
  console.log(`one holder, ${String(sizeBytes / 1e6)} MB`)
  const one = await compare({ receiver, sender, file, seed: 1, sizeBytes, rounds })
  holds = bar('fetch from one holder / raw', one.ratio, oneHolderBar) && holds

  for (const helper of [await open(), await open()]) {
    await helper.call('enter', { link, budgetBytes: sizeBytes * 2 })
    await helper.call('sees', 2)
  }
  await receiver.call('sees', 3)
  await receiver.call('holders', file, 3)
  console.log('three holders')
  const three: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { bytes, ms } = await receiver.call('fetch', file, 1)
    three.push(bytes / 1000 / ms)
    console.log(`  fetch ${(bytes / 1000 / ms).toFixed(1)} MB/s`)
  }
  holds = bar('fetch from three holders / from one', median(three) / one.fetched, threeHoldersBar) && holds
} finally {
  for (const tab of tabs) await tab.close()
  await site.stop()
}

if (hasDelay) {
  const delayed = await runIsolated(fileURLToPath(new URL('delayed.ts', import.meta.url)))
  if (delayed === undefined) {
    console.error('network namespaces are not allowed here: the delayed part was not measured')
  }
  holds = delayed === 0 && holds
}
process.exitCode = holds ? 0 : 1
