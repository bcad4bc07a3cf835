/**
 * How fast is the CES engine, as ratios measured side by side in one page and one worker of a real Chromium?
 *
 * Contenders take turns round by round and each ratio is the median of its rounds' ratios, so a busy machine blurs figures
 * more than ratios. Two ratios need idle cores all the same: two workers to one, and sealing into IndexedDB.
 * The cipher is noble's, called as its documentation says, so it makes its output; the ratio to one that is given an array is
 * told too. All on 10 + 4 full shards of random bytes.
 *
 * Groups named as arguments are run alone. Fails (exit 1) when a ratio is under its bar.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'
import * as asc from 'assemblyscript/asc'
import { build, preview, type PreviewServer } from 'vite'
import { browserFlags, findBrowser } from '../../tools/browser.ts'
import type { BenchWindow, GroupName, Ratio } from './page.ts'

const copySource = `export function copy(to: usize, from: usize, length: usize): void {
  memory.copy(to, from, length)
}`

/** The page, built as the product is and served with the isolation that fine timers need. */
async function serve(outDir: string): Promise<PreviewServer> {
  const root = fileURLToPath(new URL('.', import.meta.url))
  const common = { root, configFile: false, logLevel: 'error' } as const
  const options = { outDir, target: 'es2022', emptyOutDir: true }
  await build({ ...common, worker: { format: 'es' }, build: options })
  const headers = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  }
  return await preview({ ...common, build: options, preview: { host: '127.0.0.1', port: 0, headers } })
}

async function copyModule(): Promise<string> {
  const { binary, error } = await asc.compileString(copySource, { optimizeLevel: 3, runtime: 'stub' })
  if (binary === null) throw new Error('the copying module does not compile', { cause: error })
  return Buffer.from(binary).toString('base64')
}

async function measure(names: readonly GroupName[]): Promise<Ratio[]> {
  const outDir = await mkdtemp(join(tmpdir(), 'tessera-bench-ces-'))
  const server = await serve(join(outDir, 'site'))
  const executablePath = findBrowser()
  // A profile on disk: IndexedDB of other contexts is in memory.
  const browser = await chromium.launchPersistentContext(join(outDir, 'profile'), {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: browserFlags(),
  })
  try {
    const page = await browser.newPage()
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await page.waitForFunction(() => 'runGroup' in window)
    const copyWasm = await copyModule()
    const ratios: Ratio[] = []
    for (const name of names) {
      const result = await page.evaluate(
        (given) => (window as unknown as BenchWindow).runGroup(given.name, given.copyWasm), // what page.ts puts there
        { name, copyWasm },
      )
      console.log(`${name}: ${result.figures}; load ${(loadavg()[0] ?? 0).toFixed(1)}`)
      ratios.push(...result.ratios)
    }
    return ratios
  } finally {
    await browser.close()
    await server.close()
    await rm(outDir, { recursive: true })
  }
}

function line({ title, value, least }: Ratio): string {
  const bar = least === undefined ? '' : ` (bar ${String(least)}${value >= least ? '' : ', MISSED'})`
  return `${value.toFixed(value < 2 ? 3 : 1)} ${title}${bar}`
}

const all: readonly GroupName[] = ['code', 'seal', 'naive', 'open', 'workers', 'storage']
const asked = all.filter((name) => process.argv.includes(name))
const ratios = await measure(asked.length === 0 ? all : asked)
console.log(`on ${availableParallelism()} cores:`)
for (const ratio of ratios) console.log(line(ratio))
process.exitCode = ratios.every(({ value, least = 0 }) => value >= least) ? 0 : 1
