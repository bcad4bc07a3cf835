import type { Clock } from '../clock.ts'
import { offThreadIdle } from './off-thread.ts'

/** A clock that moves only when told: `advance` runs due timers in order, letting promises settle between them. */
export class ManualClock implements Clock {
  #now: number
  #nextId = 0
  readonly #timers = new Map<number, { at: number; run: () => void }>()

  /** @param start ms since the epoch; a fixed noon by default so that day borders are far */
  constructor(start = Date.UTC(2026, 0, 15, 12)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const id = this.#nextId++
    this.#timers.set(id, { at: this.#now + Math.max(0, delayMs), run })
    return () => void this.#timers.delete(id)
  }

  /** Timers that wait now. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on by `ms`, running every timer that falls due, those set meanwhile included. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const due = [...this.#timers].filter(([, t]) => t.at <= end).sort(byTime)[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].run()
      await settle()
    }
    this.#now = end
    await settle()
  }
}

function byTime(a: [number, { at: number }], b: [number, { at: number }]): number {
  return a[1].at - b[1].at || a[0] - b[0]
}

/**
 * Lets every promise that can go on without time do so: a few turns of the real event loop, each after all WebCrypto work is
 * done, which settles off this thread.
 */
export async function settle(turns = 4): Promise<void> {
  for (let i = 0; i < turns; i++) {
    await new Promise<void>((resolve) => void setTimeout(resolve, 0))
    await offThreadIdle()
  }
}
