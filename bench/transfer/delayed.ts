/**
 * The part of the transfer bench behind a wire: sender and receiver on hosts of their own, each in a network namespace, with 20 ms
 * added to every packet each way between them. Started by `run.ts` in namespaces of its own.
 */
import { findBrowser } from '../../tools/browser.ts'
import { startSite } from '../harness/site.ts'
import { BenchTab } from '../harness/tab.ts'
import { Lab, middleAddress } from '../lab/lab.ts'
import { bar, compare } from './figures.ts'
import { options } from './options.ts'

const delayMs = 20
const delayedBar = 0.7

const { smallBytes, fewRounds: rounds } = options()
const sizeBytes = smallBytes / 2
const browser = findBrowser()
if (browser === undefined) throw new Error('no browser was found')
const lab = await Lab.start()
const tabs: BenchTab[] = []
try {
  await lab.host('near', 0)
  await lab.host('far', delayMs)
  const site = await startSite({ host: middleAddress })
  const open = async (host: string): Promise<BenchTab> => {
    const executablePath = await lab.browserOn(host, browser)
    // The page needs a secure context, and this address is nobody's but ours.
    const flags = [`--unsafely-treat-insecure-origin-as-secure=${site.url}`]
    const tab = await BenchTab.open(site.url, { executablePath, flags })
    tabs.push(tab)
    return tab
  }
  const [sender, receiver] = [await open('near'), await open('far')]
  const link = await sender.call('enter', {})
  await receiver.call('enter', { link, budgetBytes: 0 })
  await receiver.call('sees', 1)
  const file = await sender.call('share', sizeBytes, 1)
  await receiver.call('holders', file, 1)
  console.log(`one holder behind a wire of ${String(delayMs)} ms each way, ${String(sizeBytes / 1e6)} MB`)
  const ratio = await compare({ receiver, sender, file, sizeBytes, rounds })
  process.exitCode = bar(`fetch / raw with ${String(delayMs)} ms added`, ratio, delayedBar) ? 0 : 1
  for (const tab of tabs.splice(0)) await tab.close()
  await site.stop()
} finally {
  for (const tab of tabs) await tab.close()
  await lab.stop()
}
