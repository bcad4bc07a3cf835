/** Tokens per second, and how many may be saved up. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Token buckets by key, with at most `maxKeys` of them kept; the least recently used is forgotten first. */
export class RateGate {
  readonly #rate: Rate
  readonly #maxKeys: number
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate
    this.#maxKeys = maxKeys
  }

  /** Takes one token of `key` at time `now` (ms); false when there is none. */
  take(key: string, now: number): boolean {
    const { perSecond, burst } = this.#rate
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now }
    const elapsed = Math.max(0, now - bucket.at)
    const tokens = Math.min(burst, bucket.tokens + (elapsed / 1000) * perSecond)
    const isTaken = tokens >= 1
    this.#buckets.delete(key) // set again below, as the most recently used
    this.#buckets.set(key, { tokens: isTaken ? tokens - 1 : tokens, at: now })
    if (this.#buckets.size > this.#maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
    return isTaken
  }
}
