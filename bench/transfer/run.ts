/**
 * How much of a plain data channel does a fetch leave to the file?
 *
 * One local relay (the built one) and a browser of its own for each peer. The receiver keeps nothing for others, so all it fetches comes
 * from holders. Against a raw channel between the same two pages: a sealed file from one holder, then the same behind a wire in network
 * namespaces. From three holders against one: two files of one size, of which the helpers have room for the first only.
 *
 * Fails (exit 1) when a median ratio is below its bar. Options: `--size=MB` (256), `--small=MB` (64, the other parts), `--rounds=N` (9; a
 * third of them for the other parts), `--no-delay`.
 */
import { fileURLToPath } from 'node:url'
import { startSite } from '../harness/site.ts'
import { BenchTab } from '../harness/tab.ts'
import { runIsolated } from '../lab/lab.ts'
import { bar, compare, median, speed } from './figures.ts'
import { options } from './options.ts'

const { sizeBytes, smallBytes, rounds, fewRounds, hasDelay } = options()
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
  const one = await compare({ receiver, sender, file, sizeBytes, rounds })
  holds = bar('fetch from one holder / raw', one, oneHolderBar) && holds

  for (const helper of [await open(), await open()]) {
    await helper.call('enter', { link, budgetBytes: smallBytes * 1.1 })
    await helper.call('sees', 2)
  }
  await receiver.call('sees', 3)
  const everywhere = await sender.call('share', smallBytes, 2)
  await receiver.call('holders', everywhere, 3)
  const alone = await sender.call('share', smallBytes, 3)
  await receiver.call('holders', alone, 1)
  console.log(`one holder and three, ${String(smallBytes / 1e6)} MB each`)
  const ratios: number[] = []
  for (let round = 0; round < fewRounds; round++) {
    const fromOne = speed(await receiver.call('fetch', alone, 3))
    const fromThree = speed(await receiver.call('fetch', everywhere, 2))
    console.log(`  from one ${fromOne.toFixed(1)} MB/s, from three ${fromThree.toFixed(1)} MB/s`)
    ratios.push(fromThree / fromOne)
  }
  holds = bar('fetch from three holders / from one', median(ratios), threeHoldersBar) && holds
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
