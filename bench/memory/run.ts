/**
 * Does a large file need large memory, or freeze a page?
 *
 * One tab shares a generated stream, another fetches it and compares every byte with what the generator makes. The bytes that the renderers
 * have for themselves are looked at four times a second, the main threads by `longtask` entries (W3C Long Tasks).
 *
 * Fails (exit 1) when a bar is missed. Option: `--megabytes=N` (2000). Linux only: memory is read from /proc.
 */
import { parseArgs } from 'node:util'
import { startSite } from '../harness/site.ts'
import { BenchTab } from '../harness/tab.ts'
import { Renderers } from './renderers.ts'

const mostGrowthBytes = 200_000_000
const mostBlockedMs = 100
const reportEveryMs = 15_000

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '2000' } } })
const sizeBytes = Number(values.megabytes) * 1_000_000

/** Prints one figure beside its bar; true when it holds. */
function bar(title: string, value: number, most: number, unit: string): boolean {
  const holds = value <= most
  console.log(
    `${holds ? 'holds ' : 'MISSED'} ${title}: ${value.toFixed(0)} ${unit} (at most ${String(most)})`,
  )
  return holds
}

/** Does something that takes long, and says now and then how it stands. */
async function reporting<T>(work: Promise<T>, stands: () => Promise<string>): Promise<T> {
  const timer = setInterval(() => {
    stands().then(
      (text) => console.log(`  ${text}`),
      () => undefined, // the tab is closed: `work` says why
    )
  }, reportEveryMs)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

const site = await startSite()
const tabs: BenchTab[] = []
let holds = true
try {
  for (let i = 0; i < 2; i++) tabs.push(await BenchTab.open(site.url))
  const [sharer, fetcher] = tabs
  if (sharer === undefined || fetcher === undefined) throw new Error('two tabs were opened')
  const link = await sharer.call('enter', {})
  await fetcher.call('enter', { link, budgetBytes: 0 })
  await fetcher.call('sees', 1)
  const watched = await Promise.all(
    [sharer, fetcher].map(async (tab) => {
      await tab.call('watch')
      return { tab, memory: await Renderers.watch(tab) }
    }),
  )
  const growth = (): string =>
    watched.map(({ memory }) => `+${(memory.growthBytes / 1e6).toFixed(0)} MB`).join(' and ')
  console.log(`${String(sizeBytes / 1e6)} MB from one tab to another`)
  const sharedAt = performance.now()
  const file = await reporting(sharer.call('share', sizeBytes, 1), async () => `sharing, ${growth()}`)
  console.log(`  shared in ${((performance.now() - sharedAt) / 1000).toFixed(0)} s, ${growth()}`)
  await fetcher.call('holders', file, 1)
  const { bytes, ms } = await reporting(fetcher.call('fetch', file, 1, true), async () => {
    const doneBytes = (await fetcher.call('progress')) ?? 0
    return `fetched ${(doneBytes / 1e6).toFixed(0)} MB, ${growth()}`
  })
  console.log(
    `  fetched in ${(ms / 1000).toFixed(0)} s, ${(bytes / 1000 / ms).toFixed(1)} MB/s, every byte compared`,
  )
  if (bytes !== sizeBytes) throw new Error(`expected ${String(sizeBytes)} bytes, got ${String(bytes)}`)
  for (const [i, { tab, memory }] of watched.entries()) {
    memory.stop()
    const who = i === 0 ? 'sharer' : 'fetcher'
    const { longestTaskMs, longTasks } = await tab.call('health')
    console.log(
      `${who}: ${(memory.baseBytes / 1e6).toFixed(0)} MB before, ${String(longTasks)} tasks over 50 ms`,
    )
    holds = bar(`memory growth of the ${who}`, memory.growthBytes / 1e6, mostGrowthBytes / 1e6, 'MB') && holds
    holds = bar(`longest task of the ${who}`, longestTaskMs, mostBlockedMs, 'ms') && holds
  }
} finally {
  for (const tab of tabs) await tab.close()
  await site.stop()
}
process.exitCode = holds ? 0 : 1
