import type { Clock } from '../base/clock.ts'
import { rateWindowMs } from './constants.ts'
import type { Progress } from './index.ts'

interface Sample {
  readonly at: number
  readonly doneBytes: number
}

/** Counts bytes done on one clock and tells rate and time left honestly: nothing before half a second of facts. */
export class ProgressMeter {
  readonly #clock: Clock
  readonly #totalBytes: number
  #doneBytes = 0
  #samples: Sample[]

  constructor(clock: Clock, totalBytes: number) {
    this.#clock = clock
    this.#totalBytes = totalBytes
    this.#samples = [{ at: clock.now(), doneBytes: 0 }]
  }

  add(bytes: number): void {
    this.#doneBytes = Math.min(this.#totalBytes, this.#doneBytes + bytes)
    const now = this.#clock.now()
    const last = this.#samples.at(-1)
    // One sample per 100 ms is enough for a mean over seconds and bounds the list.
    if (last !== undefined && now - last.at < 100 && this.#samples.length > 1) this.#samples.pop()
    this.#samples.push({ at: now, doneBytes: this.#doneBytes })
    const oldest = now - rateWindowMs
    while ((this.#samples[1]?.at ?? Infinity) <= oldest) this.#samples.shift()
  }

  get leftBytes(): number {
    return this.#totalBytes - this.#doneBytes
  }

  now(): Progress {
    const first = this.#samples[0]
    const elapsedMs = first === undefined ? 0 : this.#clock.now() - first.at
    const bytesPerSecond =
      first === undefined || elapsedMs < 500 ? 0 : ((this.#doneBytes - first.doneBytes) * 1000) / elapsedMs
    const { leftBytes } = this
    return {
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? leftBytes / bytesPerSecond : undefined,
    }
  }
}
