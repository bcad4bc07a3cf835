import type { Clock } from '../src/core/base/clock.ts'
import { maxTrackedAddresses } from './constants.ts'

/** Why a connection was refused. */
export type RefusalReason = 'too-many-open' | 'too-fast' | 'table-full'

interface Tracked {
  open: number
  tokens: number
  filledAt: number
}

interface AddressLimiterInit {
  readonly clock: Clock
  readonly maxOpen: number
  readonly ratePerMinute: number
  /** Remotes tracked at once. */
  readonly maxTracked?: number
}

/** Bounds open connections and new connections a minute of each remote: a count, and a token bucket of half a minute's rate. */
export class AddressLimiter {
  readonly #init: AddressLimiterInit
  readonly #burst: number
  readonly #tracked = new Map<string, Tracked>()

  constructor(init: AddressLimiterInit) {
    this.#init = init
    this.#burst = Math.max(1, Math.floor(init.ratePerMinute / 2))
  }

  /** A function to call once when the connection ends, or the reason why it may not begin. */
  admit(group: string): (() => void) | RefusalReason {
    const tracked = this.#tracked.get(group) ?? this.#track(group)
    if (tracked === undefined) return 'table-full'
    this.#fill(tracked)
    if (tracked.open >= this.#init.maxOpen) return 'too-many-open'
    if (tracked.tokens < 1) return 'too-fast'
    tracked.tokens -= 1
    tracked.open += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      tracked.open -= 1
    }
  }

  #track(group: string): Tracked | undefined {
    const { maxTracked = maxTrackedAddresses, clock } = this.#init
    if (this.#tracked.size >= maxTracked) this.#forgetIdle()
    if (this.#tracked.size >= maxTracked) return undefined
    const tracked = { open: 0, tokens: this.#burst, filledAt: clock.now() }
    this.#tracked.set(group, tracked)
    return tracked
  }

  #fill(tracked: Tracked): void {
    const now = this.#init.clock.now()
    const earned = (Math.max(0, now - tracked.filledAt) / 60_000) * this.#init.ratePerMinute
    tracked.tokens = Math.min(this.#burst, tracked.tokens + earned)
    tracked.filledAt = now
  }

  /** Whoever has no connection and a full bucket is as good as new. */
  #forgetIdle(): void {
    for (const [group, tracked] of this.#tracked) {
      this.#fill(tracked)
      if (tracked.open === 0 && tracked.tokens >= this.#burst) this.#tracked.delete(group)
    }
  }
}
