/**
 * How fast does opening a link become a direct connection, and does it ever fail?
 *
 * One browser, one local relay (the built one). A first tab waits in a room; then fresh profiles open the link one after
 * the other, each when the one before has gone. Time is counted inside the joining page, from navigation start to the moment its people list
 * says that the other is linked directly.
 * A second round does the same with every core kept busy and counts dials: a join that needed a second peer connection, or
 * never became direct, is a failed dial.
 *
 * Fails (exit 1) when the median is over 700 ms or any busy dial failed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { RelayProcess } from '../e2e/fixtures/relay.ts'
import { systemRandom } from '../src/core/base/clock.ts'
import { encodeRoomLink, newRoomLink } from '../src/core/room/link.ts'
import { PlainBrowser } from './plain-browser.ts'

const quietJoins = 20
const busyJoins = 40
const medianLimitMs = 700
const giveUpMs = 30_000
/** The tab before takes its leave and the browser its new process up meanwhile: neither is part of a join. */
const settleMs = 500

const script = readFileSync(new URL('./join-probe.js', import.meta.url), 'utf8')

interface Join {
  /** Navigation start to "direct", in ms; undefined when it never came. */
  readonly directMs: number | undefined
  /** Peer connections the page made: one dial each. */
  readonly dials: number
}

async function join(browser: PlainBrowser, link: string): Promise<Join> {
  const page = await browser.open(link, { script, settleMs })
  const late = `new Promise((resolve) => setTimeout(resolve, ${String(giveUpMs)}))`
  try {
    const directMs = await page.ask(`Promise.race([joinProbe.direct, ${late}])`)
    const dials = await page.ask('joinProbe.dials')
    return { directMs: typeof directMs === 'number' ? directMs : undefined, dials: Number(dials) }
  } finally {
    await page.close()
  }
}

async function joins(browser: PlainBrowser, link: string, count: number): Promise<Join[]> {
  const all: Join[] = []
  for (let i = 0; i < count; i++) all.push(await join(browser, link))
  return all
}

/** One endless loop a core, as their own processes. */
function burnCores(): () => void {
  const burners: ChildProcess[] = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  )
  return () => {
    for (const burner of burners) burner.kill()
  }
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
}

function summary(title: string, all: readonly Join[]): { medianMs: number; failed: number } {
  const times = all
    .flatMap(({ directMs }) => (directMs === undefined ? [] : [directMs]))
    .sort((a, b) => a - b)
  const failed = all.filter(({ directMs, dials }) => directMs === undefined || dials > 1).length
  const medianMs = quantile(times, 0.5)
  const figures = [0, 0.5, 0.9, 1].map((q) => Math.round(quantile(times, q)))
  console.log(
    `${title}: n ${String(all.length)}, direct after ms min/median/p90/max ${figures.join('/')}, failed dials ${String(failed)}`,
  )
  return { medianMs, failed }
}

const relay = await RelayProcess.start()
const browser = await PlainBrowser.launch()
try {
  const link = encodeRoomLink(newRoomLink(systemRandom), relay.url)
  await browser.open(link, { script, settleMs })
  await join(browser, link) // the first one compiles and caches
  const quiet = summary('quiet', await joins(browser, link, quietJoins))
  const stop = burnCores()
  const busy = summary('busy', await joins(browser, link, busyJoins).finally(stop))
  if (quiet.medianMs > medianLimitMs) console.error(`median is over ${String(medianLimitMs)} ms`)
  if (busy.failed > 0) console.error('a dial failed with the cores busy')
  process.exitCode = quiet.medianMs <= medianLimitMs && busy.failed === 0 ? 0 : 1
} finally {
  await browser.close()
  await relay.stop()
}
