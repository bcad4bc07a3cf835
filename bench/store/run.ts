/**
 * Which record shape keeps and serves pieces fastest, and what storing a long history costs: measured in a real browser with
 * its profile on disk (a private context keeps IndexedDB in memory and would measure nothing). All shapes take turns in one
 * run; read the ratios.
 *
 * Fails (exit 1) when the shape in use is not within a fifth of the best one in writing, or runs are not faster than entries.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Page } from '@playwright/test'
import { build, preview } from 'vite'
import { browserFlags, findBrowser } from '../../tools/browser.ts'
import type { LogFigures } from './logs.ts'
import type { StoreBench } from './page.ts'
import type { ShapeFigures, ShapePlan } from './shapes.ts'

const MiB = 2 ** 20
const budgetBytes = 56 * MiB

/** Pieces of 256 KiB in calls of 1 to 4 MiB, then small pieces, as small files have. */
const plans: readonly (readonly [string, ShapePlan])[] = [
  ...[1, 2, 3.5, 4].map((size) => {
    const perCall = (size * MiB) / (256 * 1024)
    return [`${String(size)} MiB calls, 256 KiB pieces`, plan(256 * 1024, perCall)] as const
  }),
  ['3.5 MiB calls, 256 KiB pieces, relaxed', { ...plan(256 * 1024, 14), durability: 'relaxed' }],
  ['0.5 MiB calls, 32 KiB pieces', plan(32 * 1024, 16)],
]

function plan(pieceBytes: number, perCall: number): ShapePlan {
  const calls = Math.max(4, Math.min(64, Math.round(budgetBytes / (pieceBytes * perCall))))
  return { pieceBytes, perCall, calls, reads: 100, rounds: 3, durability: 'strict' }
}

async function main(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'))
  const root = fileURLToPath(new URL('.', import.meta.url))
  const outDir = join(folder, 'app')
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  })
  const server = await preview({ configFile: false, root, build: { outDir }, preview: { port: 0 } })
  const executablePath = findBrowser()
  const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: browserFlags(),
  })
  try {
    const page = browser.pages()[0] ?? (await browser.newPage())
    page.setDefaultTimeout(0)
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await page.waitForFunction('"storeBench" in window')
    return await judged(page)
  } finally {
    await browser.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function judged(page: Page): Promise<boolean> {
  let isGood = true
  for (const [title, it] of plans) {
    const figures = await ask<readonly ShapeFigures[]>(page, 'compareShapes', it)
    isGood = reportShapes(title, figures) && isGood
  }
  const { singleMs, runMs } = await ask<LogFigures>(page, 'appendLogs', {
    singles: 1_000,
    inRuns: 10_000,
    run: 512,
  })
  const ratio = singleMs / runMs
  console.log(
    `history: entry by entry ${singleMs.toFixed(2)} ms each, in runs of 512 ${runMs.toFixed(3)} ms each: ${ratio.toFixed(0)} x`,
  )
  console.log(
    `10,000 entries: ${(singleMs * 10).toFixed(1)} s by the rate of 1,000 single ones, ${(runMs * 10).toFixed(2)} s in runs (measured)`,
  )
  return isGood && ratio > 1
}

/** Prints every shape beside the best, and says whether the one in use is near it. */
function reportShapes(title: string, figures: readonly ShapeFigures[]): boolean {
  const bestWrite = Math.max(...figures.map(({ writeRate }) => writeRate))
  const bestRead = Math.max(...figures.map(({ readRate }) => readRate))
  console.log(`\n${title} (MB/s, share of the best)`)
  for (const { name, writeRate, readRate } of figures) {
    if (writeRate === 0) continue
    const cell = (rate: number, best: number): string =>
      `${rate.toFixed(0).padStart(5)} ${(rate / best).toFixed(2)}`
    console.log(
      `  ${name.padEnd(22)} write ${cell(writeRate, bestWrite)}   read one piece ${cell(readRate, bestRead)}`,
    )
  }
  const used = figures.find(({ name }) => name === 'ShardStore')
  return used === undefined || used.writeRate === 0 || used.writeRate >= 0.8 * bestWrite
}

function ask<T>(page: Page, verb: keyof StoreBench, argument: object): Promise<T> {
  return page.evaluate(`storeBench.${verb}(${JSON.stringify(argument)})`)
}

process.exitCode = (await main()) ? 0 : 1
