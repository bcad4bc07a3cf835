import type { Clock } from '../base/clock.ts'
import { lineSampleMs, writeBytes, writeSpanMs } from './constants.ts'

/** What is looked at of a data channel (W3C WebRTC section 6.2). */
export interface LineChannel {
  readonly readyState: string
  readonly bufferedAmount: number
}

/**
 * What the line of a connection carries, by what leaves the buffers of its channels, and how much of a large frame is therefore written at once
 * (ME-11).
 */
export class LineRate {
  readonly #clock: Clock
  readonly #channels = new Set<LineChannel>()
  #bytesPerMs: number = writeBytes.least / writeSpanMs
  #givenBytes = 0
  #sample: { readonly at: number; readonly leftBytes: number }
  /** Whether nothing waited at some time of the sample: the line may be quicker than what it was given. */
  #hasRested = true

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sample = { at: clock.now(), leftBytes: 0 }
  }

  /** Bytes that the line carries in {@link writeSpanMs}: a power of two within {@link writeBytes}, so that pieces are cut evenly. The least until it was measured. */
  get writeBytes(): number {
    let bytes: number = writeBytes.most
    while (bytes > writeBytes.least && bytes > this.#bytesPerMs * writeSpanMs) bytes /= 2
    return bytes
  }

  /** Looks at one more of its channels, while it is open. */
  follow(channel: LineChannel): void {
    this.#channels.add(channel)
  }

  /** To be called before any of its channels is given so many bytes. */
  give(bytes: number): void {
    const waitingBytes = this.#waitingBytes()
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

  /** Of channels that are closed nothing waits any more, and what waited may not have left. */
  #waitingBytes(): number {
    let bytes = 0
    let hasClosed = false
    for (const channel of this.#channels) {
      if (channel.readyState === 'open') bytes += channel.bufferedAmount
      else hasClosed = this.#channels.delete(channel)
    }
    if (hasClosed) this.#sample = { at: this.#clock.now(), leftBytes: this.#givenBytes - bytes }
    return bytes
  }
}
