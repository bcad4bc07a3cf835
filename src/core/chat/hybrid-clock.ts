import type { Clock } from '../base/clock.ts'
import { maxFollowedAheadMs } from './constants.ts'

/** A hybrid logical time (Kulkarni et al. 2014): wall ms since the epoch, and a counter that orders within one ms. */
export interface HybridTime {
  readonly wall: number
  readonly counter: number
}

/** Largest counter; the wall part moves on by 1 ms after it. */
export const maxCounter = 65_535

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareTimes(a: HybridTime, b: HybridTime): number {
  return a.wall - b.wall || a.counter - b.counter
}

/** Gives times later than every time seen, and close to the wall clock (SPEC CH-4). */
export class HybridClock {
  readonly #clock: Clock
  #last: HybridTime = { wall: 0, counter: 0 }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A time after everything seen and given so far. */
  tick(): HybridTime {
    const now = Math.floor(this.#clock.now()) // the wire carries whole ms
    const { wall, counter } = this.#last
    if (now > wall) this.#last = { wall: now, counter: 0 }
    else if (counter < maxCounter) this.#last = { wall, counter: counter + 1 }
    else this.#last = { wall: wall + 1, counter: 0 }
    return this.#last
  }

  /** Notes a time seen. One too far ahead is not followed: one wrong or hostile clock must not move everyone's. */
  observe(time: HybridTime): void {
    if (time.wall > this.#clock.now() + maxFollowedAheadMs) return
    if (compareTimes(time, this.#last) > 0) this.#last = time
  }
}
