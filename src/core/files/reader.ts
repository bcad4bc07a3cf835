import type { Bytes } from '../base/bytes.ts'
import { AbortError } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'
import type { Manifest } from '../ces/index.ts'
import { maxReadBytes, maxReadsAtOnce, readAheadBytes, readerCacheBytes } from './constants.ts'
import { InvalidRangeError } from './errors.ts'
import { Gate } from './gate.ts'
import type { FileReading } from './index.ts'
import type { SegmentPull } from './segment-pull.ts'

/** A segment that is opened or on its way. */
interface Entry {
  readonly segment: number
  readonly bytes: Promise<Bytes>
  readonly stop: AbortController
  /** Reads that wait for it or copy from it now. */
  users: number
  isOpen: boolean
}

/** What a {@link SegmentReader} reads from. */
export interface SegmentReaderInit {
  readonly manifest: Manifest
  readonly mediaType: string
  /** Makes a pull, not started; asked again after one has ended, so that a later read can succeed. */
  readonly pull: () => SegmentPull
  readonly onClose: () => void
}

/**
 * Any part of a file, opened segment by segment (FI-30): a read in hand goes before what is fetched ahead of it; what nobody
 * waits for any more is withdrawn, and opened segments are kept within {@link readerCacheBytes}.
 */
export class SegmentReader implements FileReading {
  readonly sizeBytes: number
  readonly mediaType: string
  readonly #init: SegmentReaderInit
  readonly #reads = new Gate(maxReadsAtOnce)
  readonly #over = new AbortController()
  /** Least recently used first. */
  readonly #entries = new Map<number, Entry>()
  #pull: SegmentPull | undefined

  constructor(init: SegmentReaderInit) {
    this.#init = init
    this.sizeBytes = init.manifest.sizeBytes
    this.mediaType = init.mediaType
  }

  async read(start: number, end: number, options: { signal?: AbortSignal } = {}): Promise<Bytes> {
    this.#check(start, end)
    const signals = [this.#over.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const signal = AbortSignal.any(signals)
    return await this.#reads.run(() => this.#read(start, end, signal), signal)
  }

  close(): void {
    if (this.#over.signal.aborted) return
    const reason = new AbortError('the reader was closed')
    this.#over.abort(reason)
    this.#pull?.stop(reason)
    this.#entries.clear()
    this.#init.onClose()
  }

  #check(start: number, end: number): void {
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end
    if (!isRange || end > this.sizeBytes || end - start > maxReadBytes) {
      const most = `at most ${maxReadBytes} of ${this.sizeBytes} bytes`
      throw new InvalidRangeError(`expected a range of ${most}, got ${start} to ${end}`)
    }
  }

  async #read(start: number, end: number, signal: AbortSignal): Promise<Bytes> {
    const out = new Uint8Array(end - start)
    if (start === end) return out
    const { segmentBytes } = this.#init.manifest
    const first = Math.floor(start / segmentBytes)
    const last = Math.floor((end - 1) / segmentBytes)
    const entries = Array.from({ length: last - first + 1 }, (_, i) => this.#use(first + i))
    try {
      this.#fetchAhead(last + 1)
      for (const entry of entries) {
        const bytes = await untilAborted(entry.bytes, signal)
        const at = entry.segment * segmentBytes
        const from = Math.max(0, start - at)
        out.set(bytes.subarray(from, end - at), at + from - start)
      }
      return out
    } finally {
      for (const entry of entries) this.#release(entry)
      this.#prune()
    }
  }

  /** The entry of a segment, made when there is none, and counted as used until {@link SegmentReader.#release}. */
  #use(segment: number): Entry {
    const entry = this.#entries.get(segment) ?? this.#begin(segment)
    this.#touch(entry)
    entry.users++
    return entry
  }

  #begin(segment: number): Entry {
    const pull = this.#pulling()
    const stop = new AbortController()
    // What a read waits for goes before what is fetched ahead.
    const rank = (): number => (entry.users > 0 ? 0 : 1)
    const entry: Entry = {
      ...{ segment, stop, users: 0, isOpen: false },
      bytes: pull.segment(segment, { rank, signal: stop.signal }),
    }
    entry.bytes.then(
      () => {
        entry.isOpen = true
        this.#prune()
      },
      () => this.#forget(entry), // a later read tries again
    )
    this.#touch(entry)
    return entry
  }

  #pulling(): SegmentPull {
    if (this.#pull?.isOver === false) return this.#pull
    const pull = this.#init.pull()
    this.#pull = pull
    pull.start()
    return pull
  }

  /** Asks for the segments that a reader going on will want next, and for no other ones any more. */
  #fetchAhead(from: number): void {
    const { segments, segmentBytes } = this.#init.manifest
    const to = Math.min(segments.length, from + Math.max(1, Math.ceil(readAheadBytes / segmentBytes)))
    for (const entry of [...this.#entries.values()]) {
      const isAhead = entry.segment >= from && entry.segment < to
      if (!entry.isOpen && entry.users === 0 && !isAhead) this.#withdraw(entry)
    }
    for (let segment = from; segment < to; segment++) {
      if (!this.#entries.has(segment)) this.#begin(segment)
    }
  }

  #release(entry: Entry): void {
    entry.users--
    if (entry.users === 0 && !entry.isOpen) this.#withdraw(entry)
  }

  #withdraw(entry: Entry): void {
    this.#forget(entry)
    entry.stop.abort(new AbortError('the segment is not wanted any more'))
  }

  #touch(entry: Entry): void {
    this.#entries.delete(entry.segment)
    this.#entries.set(entry.segment, entry)
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.segment) === entry) this.#entries.delete(entry.segment)
  }

  #prune(): void {
    const { segmentBytes } = this.#init.manifest
    let excess = this.#entries.size * segmentBytes - readerCacheBytes
    for (const entry of [...this.#entries.values()]) {
      if (excess <= 0) return
      if (!entry.isOpen || entry.users > 0) continue
      this.#forget(entry)
      excess -= segmentBytes
    }
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal)
  let onAbort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AbortError('the read was aborted', { cause: signal.reason }))
  })
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
