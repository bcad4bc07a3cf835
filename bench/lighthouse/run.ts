/**
 * Lighthouse on the landing page and in a room, on the built app behind the real relay. Prints the four categories, each the
 * median of five runs beside them all, and fails when one is under 95. Lighthouse has its own lock file in this folder: it is three times as large as all the rest.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RelayProcess } from '../../e2e/fixtures/relay.ts'
import { browserFlags, findBrowser } from '../../tools/browser.ts'
import { encodeRoomLink, newRoomLink } from '../../src/core/room/link.ts'
import { systemRandom } from '../../src/core/base/clock.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const cli = `${here}node_modules/lighthouse/cli/index.js`
const categories = ['performance', 'accessibility', 'best-practices', 'seo'] as const
const least = 95

/** Its own documentation advises the median of five: one run differs by ten points on a machine with other work. */
const runs = 5

/** Lighthouse now and then loses the start of its own trace and asks to be run again (`NO_NAVSTART`); a page has no part in that. */
const tries = 3

interface Report {
  readonly categories: Record<string, { readonly score: number | null }>
  readonly audits: Record<string, { readonly numericValue?: number }>
  readonly environment: { readonly benchmarkIndex: number }
}

/** What performance is made of, in ms; printed so that a bad figure can be told from a busy machine. */
const timings = {
  'first paint': 'first-contentful-paint',
  'largest paint': 'largest-contentful-paint',
  blocked: 'total-blocking-time',
} as const

if (!existsSync(cli))
  execFileSync('npm', ['ci'], { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' })

const relay = await RelayProcess.start()
let isGood = true
try {
  const pages = { landing: relay.url, room: encodeRoomLink(newRoomLink(systemRandom), relay.url) }
  for (const [name, url] of Object.entries(pages)) {
    const reports = Array.from({ length: runs }, () => judge(url))
    const scores = categories.map((category) => {
      const all = reports.map((report) => Math.round((report.categories[category]?.score ?? 0) * 100))
      return { category, all, median: median(all) }
    })
    const text = scores.map(({ category, all, median }) => `${category} ${String(median)} (${all.join(' ')})`)
    console.log(`${name}: ${text.join(', ')}`)
    const parts = Object.entries(timings).map(([title, audit]) => {
      const all = reports.map((report) => Math.round(report.audits[audit]?.numericValue ?? NaN))
      return `${title} ${String(median(all))} ms (${all.join(' ')})`
    })
    const speed = reports.map(({ environment }) => Math.round(environment.benchmarkIndex))
    console.log(`  ${parts.join(', ')}; machine speed ${String(median(speed))} (${speed.join(' ')})`)
    isGood &&= scores.every(({ median }) => median >= least)
  }
} finally {
  await relay.stop()
}
if (!isGood) console.error(`a score is under ${String(least)}`)
process.exitCode = isGood ? 0 : 1

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
}

function judge(url: string, attempt = 1): Report {
  const flags = `--chrome-flags=${['--headless=new', ...browserFlags()].join(' ')}`
  try {
    const output = execFileSync(process.execPath, [cli, url, '--quiet', '--output=json', flags], {
      env: { ...process.env, CHROME_PATH: findBrowser() },
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return JSON.parse(output.toString()) as Report
  } catch (error) {
    const isLost = error instanceof Error && error.message.includes('NO_NAVSTART')
    if (!isLost || attempt === tries) throw error
    return judge(url, attempt + 1)
  }
}
