import type { Stage } from './index.ts'

/** Measures the stages of one segment, one after the other. */
export class Stopwatch {
  readonly stageMs = new Map<Stage, number>()
  readonly #now: () => number
  #since: number

  /** @param now milliseconds from any start, finer than whole ones where the platform allows */
  constructor(now: () => number) {
    this.#now = now
    this.#since = now()
  }

  /** Notes that `stage` has just ended, and that the next begins. */
  lap(stage: Stage): void {
    const now = this.#now()
    this.stageMs.set(stage, now - this.#since)
    this.#since = now
  }
}
