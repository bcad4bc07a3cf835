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
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from '@playwright/test'
import { browserFlags, findBrowser } from '../tools/browser.ts'
import { RelayProcess } from '../e2e/fixtures/relay.ts'
import { Tab } from '../e2e/fixtures/tab.ts'

const quietJoins = 20
const busyJoins = 40
const medianLimitMs = 700
const giveUpMs = 30_000
const settleMs = 500

interface Join {
  /** Navigation start to "direct", in ms; undefined when it never came. */
  readonly directMs: number | undefined
  /** Peer connections the page made: one dial each. */
  readonly dials: number
}

async function openRoom(browser: Browser, url: string): Promise<string> {
  const page = await (await browser.newContext()).newPage()
  const tab = new Tab(page, 'Waiting')
  await tab.open(url)
  return tab.startRoom()
}

async function join(browser: Browser, link: string): Promise<Join> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    // The one before takes its leave, the browser its new process up: neither is part of this join.
    await page.waitForTimeout(settleMs)
    await page.addInitScript({ path: fileURLToPath(new URL('./join-probe.js', import.meta.url)) })
    await page.goto(link, { waitUntil: 'commit' })
    const read = (): Promise<Join> =>
      page.evaluate(() => {
        const { directMs, dials } = (window as unknown as { joinProbe: Join }).joinProbe
        return { directMs, dials }
      })
    const isDirect = page.waitForFunction(
      () => (window as unknown as { joinProbe: Join }).joinProbe.directMs !== undefined,
      undefined,
      { timeout: giveUpMs, polling: 50 },
    )
    await isDirect.catch(() => undefined) // a join that never came is counted, not thrown
    return await read()
  } finally {
    await context.close()
  }
}

async function joins(browser: Browser, link: string, count: number): Promise<Join[]> {
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

const executablePath = findBrowser()
const relay = await RelayProcess.start()
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: browserFlags(),
})
try {
  const link = await openRoom(browser, relay.url)
  await join(browser, link) // first load compiles and caches
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
