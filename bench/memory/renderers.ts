import { readFile } from 'node:fs/promises'
import type { BenchTab } from '../harness/tab.ts'

/** How often memory is looked at. */
const lookEveryMs = 250

/**
 * Bytes that a process has of its own, in memory or swapped out, and of memory it shares with others (proc(5), status): more than its end would
 * give back. From counters that the kernel keeps; `smaps_rollup` walks over every page instead, four times a second, while the process waits.
 */
async function ownBytes(pid: number): Promise<number> {
  const rows = await readFile(`/proc/${String(pid)}/status`, 'utf8')
  let kilobytes = 0
  for (const [, value] of rows.matchAll(/^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm)) {
    kilobytes += Number(value)
  }
  return kilobytes * 1024
}

/** The memory of a browser's renderers, its page's and its workers', looked at again and again. */
export class Renderers {
  readonly #pids: readonly number[]
  readonly #baseBytes: number
  readonly #timer: NodeJS.Timeout
  #mostBytes: number

  private constructor(pids: readonly number[], baseBytes: number) {
    this.#pids = pids
    this.#baseBytes = baseBytes
    this.#mostBytes = baseBytes
    this.#timer = setInterval(() => void this.#look(), lookEveryMs)
  }

  /** From now on; the figure of now is what growth is counted from. */
  static async watch(tab: BenchTab): Promise<Renderers> {
    const pids = await tab.rendererPids()
    return new Renderers(pids, await sum(pids))
  }

  /** Most bytes above the first figure so far. */
  get growthBytes(): number {
    return this.#mostBytes - this.#baseBytes
  }

  get baseBytes(): number {
    return this.#baseBytes
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    this.#mostBytes = Math.max(this.#mostBytes, await sum(this.#pids))
  }
}

async function sum(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map((pid) => ownBytes(pid).catch(() => 0)))
  return each.reduce((total, bytes) => total + bytes, 0)
}
