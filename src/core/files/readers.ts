import { AbortError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import { maxReaders } from './constants.ts'
import { TooManyReadersError } from './errors.ts'
import type { FileReading } from './index.ts'
import { SegmentReader, type SegmentReaderInit } from './reader.ts'

/** The readers of one room: bounded in number, and closed with it. */
export class Readers {
  readonly #open = new Map<SegmentReader, FileId>()
  readonly #stop = new AbortController()
  #opening = 0

  /** Whether somebody reads a file now. */
  has(file: FileId): boolean {
    return [...this.#open.values()].includes(file)
  }

  /** Makes a reader of what `find` finds of a file. Throws `TooManyReadersError`, `AbortError`, and what `find` throws. */
  async open(
    file: FileId,
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
      this.#open.set(reader, file)
      return reader
    } finally {
      this.#opening--
    }
  }

  /** Closes all, now and for good. */
  stop(): void {
    this.#stop.abort(new AbortError('files are stopped'))
    for (const reader of [...this.#open.keys()]) reader.close()
  }
}
