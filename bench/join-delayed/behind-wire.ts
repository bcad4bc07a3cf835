/** The part of `bench:join-delayed` that runs in namespaces of its own; started by `run.ts`. */
import { readFileSync } from 'node:fs'
import { chromium, type Browser, type Page } from '@playwright/test'
import { RelayProcess } from '../../e2e/fixtures/relay.ts'
import { systemRandom } from '../../src/core/base/clock.ts'
import { encodeRoomLink, newRoomLink } from '../../src/core/room/link.ts'
import { browserFlags, findBrowser } from '../../tools/browser.ts'
import { Lab, middleAddress } from '../lab/lab.ts'

const joins = 8
const delayMs = 25
/** The tab before takes its leave meanwhile. */
const settleMs = 500

const script = readFileSync(new URL('../join-probe.js', import.meta.url), 'utf8')
const browser = findBrowser()
if (browser === undefined) throw new Error('no browser was found')
const lab = await Lab.start()
const relay = await RelayProcess.start(undefined, middleAddress)
const browsers: Browser[] = []

async function browserOn(host: string): Promise<Browser> {
  const executablePath = await lab.browserOn(host, browser ?? '')
  // The page needs a secure context, and this address is nobody's but ours.
  const args = [...browserFlags(), `--unsafely-treat-insecure-origin-as-secure=${relay.url}`]
  const opened = await chromium.launch({ executablePath, args })
  browsers.push(opened)
  return opened
}

async function open(from: Browser, link: string): Promise<Page> {
  const page = await (await from.newContext()).newPage()
  await page.addInitScript({ content: script })
  await page.goto(link)
  return page
}

async function join(from: Browser, link: string): Promise<number> {
  const page = await open(from, link)
  const ms = Number(await page.evaluate('joinProbe.direct'))
  await page.context().close()
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  return ms
}

try {
  await lab.host('near', 0)
  await lab.host('far', delayMs)
  const link = encodeRoomLink(newRoomLink(systemRandom), relay.url)
  await open(await browserOn('near'), link)
  const far = await browserOn('far')
  await join(far, link) // the first one compiles and caches
  const times: number[] = []
  for (let i = 0; i < joins; i++) times.push(await join(far, link))
  times.sort((a, b) => a - b)
  const [least, middle, most] = [times[0], times[joins / 2], times[joins - 1]].map((ms) =>
    (ms ?? NaN).toFixed(0),
  )
  console.log(
    `behind ${String(delayMs)} ms each way: n ${String(joins)}, direct after ms min/median/max ${[least, middle, most].join('/')}`,
  )
} finally {
  for (const one of browsers) await one.close()
  await relay.stop()
  await lab.stop()
}
