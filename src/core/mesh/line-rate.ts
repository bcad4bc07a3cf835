import type { Clock } from '../base/clock.ts'
import { lineSampleMs, writeBytes, writeSpanMs } from './constants.ts'

/** What a line carries, by what leaves the buffer in front of it, and how much of a large frame is therefore written at once (ME-11). */
export class LineRate {
  readonly #clock: Clock
  /** A guess until it was measured. */
  #bytesPerMs: number = writeBytes.usual / writeSpanMs
  #givenBytes = 0
  #sample: { readonly at: number; readonly leftBytes: number }
  /** Whether nothing waited at some time of the sample: the line may be quicker than what it was given. */
  #hasRested = true

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sample = { at: clock.now(), leftBytes: 0 }
  }

  /** Takes note of what is given to the line. `waitingBytes` were still in its buffer before. */
  give(bytes: number, waitingBytes: number): void {
    if (waitingBytes === 0) this.#hasRested = true
    const leftBytes = this.#givenBytes - waitingBytes
    this.#givenBytes += bytes
    const now = this.#clock.now()
    const elapsedMs = now - this.#sample.at
    if (elapsedMs < lineSampleMs) return
    const measured = (leftBytes - this.#sample.leftBytes) / elapsedMs
    this.#bytesPerMs = this.#hasRested ? Math.max(this.#bytesPerMs, measured) : measured
    this.#sample = { at: now, leftBytes }
    this.#hasRested = waitingBytes === 0
  }

  /** Bytes that the line carries in {@link writeSpanMs}: a power of two within {@link writeBytes}, so that pieces are cut evenly. */
  get writeBytes(): number {
    let bytes: number = writeBytes.most
    while (bytes > writeBytes.least && bytes > this.#bytesPerMs * writeSpanMs) bytes /= 2
    return bytes
  }
}
