/** Time and timers, injected so that logic can run on a virtual clock. */
export interface Clock {
  /** Wall clock in ms since the epoch. */
  now(): number
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const id = setTimeout(run, delayMs)
    return () => clearTimeout(id)
  },
}

/** `length` random bytes from a cryptographic source, injected for tests. */
export type RandomBytes = (length: number) => Uint8Array<ArrayBuffer>

/** The platform's cryptographic random source. */
export const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length))
