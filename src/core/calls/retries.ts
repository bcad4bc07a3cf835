import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { maxRetryMs, resumeRetryMs } from './constants.ts'

/** New tries to link to participants, each after a longer pause than the one before (SPEC CA-9). */
export class Retries {
  readonly #clock: Clock
  readonly #waiting = new Map<PeerId, () => void>()
  /** The last pause, by participant; forgotten once linked. */
  readonly #pauses = new Map<PeerId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether a try waits for its time. */
  has(peer: PeerId): boolean {
    return this.#waiting.has(peer)
  }
  peers(): readonly PeerId[] {
    return [...this.#waiting.keys()]
  }

  /** Tries again after a pause, in place of a try that waits. */
  later(peer: PeerId, run: () => void): void {
    this.#waiting.get(peer)?.()
    const pause = this.#pauses.get(peer)
    const ms = pause === undefined ? resumeRetryMs : Math.min(maxRetryMs, pause * 2)
    this.#pauses.set(peer, ms)
    const cancel = this.#clock.after(ms, () => {
      this.#waiting.delete(peer)
      run()
    })
    this.#waiting.set(peer, cancel)
  }

  /** It is linked: the next break begins with the shortest pause. */
  linked(peer: PeerId): void {
    this.#pauses.delete(peer)
  }

  forget(peer: PeerId): void {
    this.#waiting.get(peer)?.()
    this.#waiting.delete(peer)
    this.#pauses.delete(peer)
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel()
  }
}
