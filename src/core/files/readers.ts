import { AbortError } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'
import { maxReaders } from './constants.ts'
import { TooManyReadersError } from './errors.ts'
import type { FileReading } from './index.ts'
import { SegmentReader, type SegmentReaderInit } from './reader.ts'

/** The readers of one room: bounded in number, and closed with it. */
export class Readers {
  readonly #open = new Set<SegmentReader>()
  readonly #stop = new AbortController()
  #opening = 0

  /** Makes a reader of what `find` finds. Throws `TooManyReadersError`, `AbortError`, and what `find` throws. */
  async open(
    signal: AbortSignal | undefined,
    find: (signal: AbortSignal) => Promise<Omit<SegmentReaderInit, 'onClose'>>,
  ): Promise<FileReading> {
    if (this.#open.size + this.#opening >= maxReaders) {
      throw new TooManyReadersError(`expected at most ${maxReaders} readers open at once`)
    }
    const either = AbortSignal.any([this.#stop.signal, ...(signal === undefined ? [] : [signal])])
    this.#opening++
    try {
      const init = await find(either)
      throwIfAborted(either)
      const reader = new SegmentReader({ ...init, onClose: () => this.#open.delete(reader) })
      this.#open.add(reader)
      return reader
    } finally {
      this.#opening--
    }
  }

  /** Closes all, now and for good. */
  stop(): void {
    this.#stop.abort(new AbortError('files are stopped'))
    for (const reader of [...this.#open]) reader.close()
  }
}
