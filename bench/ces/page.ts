import { wrap } from 'comlink'
import type { BenchWorkerApi } from './bench.worker.ts'
import { compareStorage, compareWorkers, storedSegments } from './pool-rounds.ts'
import { median, speedup, type Rounds } from './rounds.ts'
import { plainBytes } from './sample.ts'

/** One ratio with the least it may be; without, it is only told. */
export interface Ratio {
  readonly title: string
  readonly value: number
  readonly least?: number
}

export interface GroupResult {
  readonly ratios: readonly Ratio[]
  /** For the reader. */
  readonly figures: string
}

export type GroupName = 'code' | 'seal' | 'naive' | 'open' | 'workers' | 'storage'

/** What the program asks of the page: one group of contenders. */
export interface BenchWindow {
  runGroup(name: GroupName, copyWasm: string): Promise<GroupResult>
}

const worker = wrap<BenchWorkerApi>(
  new Worker(new URL('./bench.worker.ts', import.meta.url), { type: 'module', name: 'ces-bench' }),
)

/** Medians and bests in MB of plaintext a second, of contenders that do so many segments a round. */
function rates(segments: number, times: Rounds): string {
  const rate = (ms: number): string => ((segments * plainBytes) / ms / 1e3).toFixed(0)
  const parts = Object.entries(times).map(
    ([name, ms]) => `${name} ${rate(median(ms))} (best ${rate(Math.min(...ms))})`,
  )
  return `MB/s: ${parts.join(', ')}`
}

async function code(copyWasm: string): Promise<GroupResult> {
  const wasm = Uint8Array.from(atob(copyWasm), (character) => character.charCodeAt(0))
  const times = await worker.reedSolomon(61, wasm)
  return {
    figures: `${await worker.kernel()}, ${rates(4, times)}`,
    ratios: [
      { title: 'code 10+4 to the plain twin', value: speedup(times, 'kernel', 'twin'), least: 8 },
      { title: 'code 10+4 to memory.copy', value: speedup(times, 'kernel', 'copy'), least: 0.15 },
    ],
  }
}

async function seal(): Promise<GroupResult> {
  const times = await worker.seal(61)
  const stages = [...(await worker.stages(31))].map(([stage, ms]) => `${stage} ${ms.toFixed(2)}`)
  return {
    figures: `${rates(2, times)}; ms of a segment: ${stages.join(', ')}`,
    ratios: [
      { title: 'seal to the cipher alone', value: speedup(times, 'seal', 'cipher'), least: 0.85 },
      { title: 'seal to the cipher into an array that is there', value: speedup(times, 'seal', 'reused') },
    ],
  }
}

async function naive(): Promise<GroupResult> {
  const times = await worker.sealNaively(15)
  const value = speedup(times, 'seal', 'naive')
  return { figures: rates(2, times), ratios: [{ title: 'seal to the naive composition', value, least: 5 }] }
}

async function open(): Promise<GroupResult> {
  const times = await worker.open(61)
  return {
    figures: rates(2, times),
    ratios: [
      { title: 'open to the cipher alone', value: speedup(times, 'open', 'cipher'), least: 0.85 },
      { title: 'open to the cipher into an array that is there', value: speedup(times, 'open', 'reused') },
    ],
  }
}

async function workers(): Promise<GroupResult> {
  const times = await compareWorkers(15)
  const value = speedup(times, 'two', 'one')
  return { figures: rates(12, times), ratios: [{ title: 'two workers to one', value, least: 1.6 }] }
}

async function storage(): Promise<GroupResult> {
  const times = await compareStorage(9)
  const value = speedup(times, 'seal', 'raw')
  return {
    figures: rates(storedSegments, times),
    ratios: [{ title: 'seal into IndexedDB to raw writes', value, least: 0.8 }],
  }
}

const groups = { code, seal, naive, open, workers, storage }

Object.assign(window, { runGroup: (name, wasm) => groups[name](wasm) } satisfies BenchWindow)
