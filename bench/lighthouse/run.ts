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

interface Report {
  readonly categories: Record<string, { readonly score: number | null }>
}

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
      return { category, all, median: all.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? 0 }
    })
    const text = scores.map(({ category, all, median }) => `${category} ${String(median)} (${all.join(' ')})`)
    console.log(`${name}: ${text.join(', ')}`)
    isGood &&= scores.every(({ median }) => median >= least)
  }
} finally {
  await relay.stop()
}
if (!isGood) console.error(`a score is under ${String(least)}`)
process.exitCode = isGood ? 0 : 1

function judge(url: string): Report {
  const flags = `--chrome-flags=${['--headless=new', ...browserFlags()].join(' ')}`
  const output = execFileSync(process.execPath, [cli, url, '--quiet', '--output=json', flags], {
    env: { ...process.env, CHROME_PATH: findBrowser() },
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(output.toString()) as Report
}
