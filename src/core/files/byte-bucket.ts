import type { Clock } from '../base/clock.ts'
import { delay } from '../base/wait.ts'
import { Gate } from './gate.ts'

/** How fast bytes may go, and how many at once after a rest. */
export interface ByteRate {
  readonly bytesPerSecond: number
  readonly burstBytes: number
}

/** Holds work of our own making back to a rate, so that it leaves the line to people. First come, first served. */
export class ByteBucket {
  readonly #clock: Clock
  readonly #rate: ByteRate
  readonly #turns = new Gate(1)
  #bytes: number
  #at: number

  constructor(clock: Clock, rate: ByteRate) {
    this.#clock = clock
    this.#rate = rate
    this.#bytes = rate.burstBytes
    this.#at = clock.now()
  }

  /** Resolves when `bytes` may go; more than a burst waits for a full bucket and leaves it in debt. Throws `AbortError`. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    await this.#turns.run(async () => {
      const { bytesPerSecond, burstBytes } = this.#rate
      this.#fill()
      const lacking = Math.min(bytes, burstBytes) - this.#bytes
      if (lacking > 0) {
        await delay(Math.ceil((lacking * 1000) / bytesPerSecond), this.#clock, signal)
        this.#fill()
      }
      this.#bytes -= bytes
    }, signal)
  }

  #fill(): void {
    const now = this.#clock.now()
    const { bytesPerSecond, burstBytes } = this.#rate
    const gained = (Math.max(0, now - this.#at) / 1000) * bytesPerSecond
    this.#bytes = Math.min(burstBytes, this.#bytes + gained)
    this.#at = now
  }
}
