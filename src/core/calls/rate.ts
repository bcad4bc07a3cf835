import type { Clock } from '../base/clock.ts'

/** Counts what happened within a sliding window; holds at most `most` times. */
export class RateWindow {
  readonly #clock: Clock
  readonly #most: number
  readonly #windowMs: number
  #times: number[] = []

  constructor(clock: Clock, most: number, windowMs: number) {
    this.#clock = clock
    this.#most = most
    this.#windowMs = windowMs
  }

  /** Counts one more; false, and not counted, when the window is full. */
  take(): boolean {
    const now = this.#clock.now()
    this.#times = this.#times.filter((at) => at > now - this.#windowMs)
    if (this.#times.length >= this.#most) return false
    this.#times.push(now)
    return true
  }

  /** When something was last counted, ms since the epoch; undefined when the window is empty. */
  get last(): number | undefined {
    return this.#times.at(-1)
  }
}
