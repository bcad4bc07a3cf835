import type { Bytes } from '../base/bytes.ts'

/**
 * Buffers that were results once and may be written again: fresh memory costs ten times the copying into it, for the system maps
 * it page by page (dataplane report, section 6). Whatever they held is still there; whoever takes one overwrites all of it.
 */
export class Spares {
  readonly #limitBytes: number
  readonly #byLength = new Map<number, Set<Bytes>>()
  #bytes = 0

  /** @param limitBytes what is kept at most; more is left to the garbage collector */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Keeps buffers for later. Views of something larger are not kept, nor what is kept already. */
  give(buffers: readonly Bytes[]): void {
    for (const bytes of buffers) {
      const length = bytes.byteLength
      const same = this.#byLength.get(length) ?? new Set()
      const isWhole = length > 0 && length === bytes.buffer.byteLength
      if (!isWhole || same.has(bytes) || this.#bytes + length > this.#limitBytes) continue
      this.#byLength.set(length, same.add(bytes))
      this.#bytes += length
    }
  }

  /** At most `count` kept buffers of exactly `length` bytes; they are the caller's now. */
  take(length: number, count: number): Bytes[] {
    const same = this.#byLength.get(length) ?? new Set()
    const taken = [...same].slice(0, count)
    for (const bytes of taken) same.delete(bytes)
    if (same.size === 0) this.#byLength.delete(length)
    this.#bytes -= taken.length * length
    return taken
  }

  /** One buffer of exactly `length` bytes, kept or new. */
  takeOrMake(length: number): Bytes {
    return this.take(length, 1)[0] ?? new Uint8Array(length)
  }

  /** Leaves all of them to the garbage collector. */
  clear(): void {
    this.#byLength.clear()
    this.#bytes = 0
  }
}
