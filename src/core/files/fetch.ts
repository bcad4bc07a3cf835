import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { AbortError, errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import {
  openingContext,
  pieceBytes,
  segmentPlainBytes,
  verifyPiece,
  type CesEngine,
  type Manifest,
  type ManifestRecord,
  type SegmentContext,
} from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { Card } from './cards.ts'
import { fetchTickMs, maxFetchBufferBytes, waitForHolderMs } from './constants.ts'
import { CorruptFileError, FileUnavailableError } from './errors.ts'
import { Gate } from './gate.ts'
import type { FileSink, TransferState } from './index.ts'
import type { Library } from './library.ts'
import { ProgressMeter } from './progress.ts'
import { Swarm, type Source } from './swarm.ts'

/** What a fetch needs of the rest of the room. */
export interface FetchComponents {
  readonly room: Room
  readonly clock: Clock
  readonly engine: CesEngine
  readonly library: Library
  /** Holders that can be asked now, without those blamed for this file. */
  readonly sources: (file: FileId) => ReadonlyMap<AccountId, Source>
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  readonly onBlame: (file: FileId, account: AccountId, error: string) => void
  /** Whether someone who may hold the file is away, so that waiting can help. */
  readonly mayComeBack: (file: FileId) => boolean
  /** Calls back when holders or presence changed, until the returned function is called. */
  readonly onHolders: (listener: () => void) => () => void
  /** Asks everyone here what they hold; resolves when all answered or failed. */
  readonly askHolders: (file: FileId, signal: AbortSignal) => Promise<void>
}

/** One fetch as ordered. */
export interface FetchJob {
  readonly record: ManifestRecord
  readonly cards: readonly Card[]
  /** Key from the store, when the file is our own. */
  readonly key: Bytes | undefined
  readonly sink: FileSink
  readonly signal: AbortSignal
  readonly onState: (state: TransferState) => void
}

/**
 * Writes a whole file to a sink, in order, opened segment by segment within a bounded window (FI-19).
 * The sink is not closed or aborted here. Throws `FileUnavailableError`, `CorruptFileError`, `AbortError`, and what the
 * sink throws.
 */
export async function fetchFile(components: FetchComponents, job: FetchJob): Promise<void> {
  const fetching = new Fetching(components, job, contextOf(job))
  await fetching.run()
}

/** The context of the first card whose key fits (FI-20). Throws `CorruptFileError`. */
function contextOf({ record, cards, key }: FetchJob): SegmentContext {
  const keys = [...(key === undefined ? [] : [key]), ...cards.map((card) => card.key)]
  for (const candidate of keys) {
    try {
      return openingContext(record.manifest, candidate)
    } catch (error) {
      if (errorName(error) !== 'WrongKeyError') throw error
    }
  }
  throw new CorruptFileError('no card of this file has its key')
}

class Fetching {
  readonly #components: FetchComponents
  readonly #job: FetchJob
  readonly #context: SegmentContext
  readonly #manifest: Manifest
  readonly #meter: ProgressMeter
  readonly #swarm: Swarm
  readonly #opening: Gate
  readonly #stop = new AbortController()
  /** False until everyone here was asked: before that nothing is known to be missing. */
  #hasAsked = false
  #stuckSince: number | undefined
  #held: ReadonlyMap<number, readonly number[]> = new Map()

  constructor(components: FetchComponents, job: FetchJob, context: SegmentContext) {
    this.#components = components
    this.#job = job
    this.#context = context
    this.#manifest = job.record.manifest
    this.#meter = new ProgressMeter(components.clock, this.#manifest.sizeBytes)
    this.#opening = new Gate(components.engine.concurrency)
    const { id } = job.record
    this.#swarm = new Swarm({
      room: components.room,
      clock: components.clock,
      file: id,
      manifest: this.#manifest,
      sources: () => components.sources(id),
      isBlamed: (account) => components.isBlamed(id, account),
      onBlame: (account, error) => components.onBlame(id, account, error),
      onTurn: () => this.#look(),
    })
  }

  async run(): Promise<void> {
    const { library, onHolders } = this.#components
    const { signal, record } = this.#job
    throwIfAborted(signal)
    const follow = (): void => this.#end(new AbortError('fetch was aborted', { cause: signal.reason }))
    signal.addEventListener('abort', follow, { once: true })
    const unwatch = onHolders(() => this.#swarm.pump())
    const cancelTick = this.#tick()
    try {
      this.#held = await library.held(record.id)
      if (library.get(record.id)?.isWhole !== true) this.#ask()
      await this.#write()
    } catch (error) {
      throw this.#failure(error)
    } finally {
      signal.removeEventListener('abort', follow)
      unwatch()
      cancelTick()
      this.#end(new AbortError('the fetch is over'))
    }
  }

  /** Keeps a window of segments on their way and writes each as its turn comes. */
  async #write(): Promise<void> {
    const count = this.#manifest.segments.length
    const window: { readonly bytes: Promise<Bytes>; readonly cost: number }[] = []
    let next = 0
    let windowBytes = 0
    while (next < count || window.length > 0) {
      while (next < count && (window.length === 0 || windowBytes + this.#cost(next) <= maxFetchBufferBytes)) {
        const bytes = this.#segment(next)
        bytes.catch(() => {}) // met when its turn comes
        window.push({ bytes, cost: this.#cost(next) })
        windowBytes += this.#cost(next)
        next++
      }
      const head = window.shift()
      if (head === undefined) break
      const bytes = await head.bytes
      throwIfAborted(this.#stop.signal)
      await this.#job.sink.write(bytes)
      windowBytes -= head.cost
      this.#meter.add(bytes.byteLength)
      this.#report()
    }
  }

  /** Bytes that a segment may occupy while it is gathered and opened. */
  #cost(segment: number): number {
    const { sealedBytes } = this.#manifest.segments[segment] ?? { sealedBytes: 0 }
    const { k } = this.#manifest.code
    return k * pieceBytes(sealedBytes, k) + segmentPlainBytes(this.#manifest, segment)
  }

  async #segment(segment: number): Promise<Bytes> {
    const { k } = this.#manifest.code
    const { signal } = this.#stop
    const pieces = await this.#local(segment, k)
    const missing = k - pieces.size
    if (missing > 0) {
      for (const [shard, bytes] of await this.#swarm.gather(segment, missing, new Set(pieces.keys()))) {
        pieces.set(shard, bytes)
      }
    }
    const row = this.#manifest.segments[segment]
    if (row === undefined) throw new CorruptFileError('a segment is not in the manifest')
    const isLast = segment === this.#manifest.segments.length - 1
    const expected = { ...row, plainBytes: segmentPlainBytes(this.#manifest, segment) }
    return await this.#opening.run(
      () => this.#components.engine.open(this.#context, segment, isLast, expected, pieces, { signal }),
      signal,
    )
  }

  /** Up to `need` pieces from this device, each checked: disks err too. */
  async #local(segment: number, need: number): Promise<Map<number, Bytes>> {
    const { library } = this.#components
    const pieces = new Map<number, Bytes>()
    for (const shard of this.#held.get(segment) ?? []) {
      if (pieces.size >= need) break
      const piece = await library.piece(this.#job.record.id, segment, shard)
      if (piece === undefined) continue
      try {
        await verifyPiece(this.#manifest, segment, shard, piece.bytes, piece.path)
        pieces.set(shard, piece.bytes)
      } catch (error) {
        if (errorName(error) !== 'CorruptPieceError') throw error
        this.#ask() // others may have it whole
      }
    }
    return pieces
  }

  #ask(): void {
    const { askHolders } = this.#components
    askHolders(this.#job.record.id, this.#stop.signal)
      .finally(() => {
        this.#hasAsked = true
        this.#swarm.pump()
      })
      .catch((error: unknown) => this.#end(error instanceof Error ? error : new Error(errorName(error))))
  }

  /** A slow beat for rates, late holders and pauses; data itself never waits for it. */
  #tick(): () => void {
    const { clock } = this.#components
    let cancel = (): void => {}
    const next = (): void => {
      cancel = clock.after(fetchTickMs, () => {
        next()
        this.#swarm.pump()
      })
    }
    next()
    return () => cancel()
  }

  /** After each turn of the swarm: fetching, waiting for somebody, or out of hope. */
  #look(): void {
    const missingShards = this.#swarm.missingShards()
    if (missingShards === 0 || this.#stop.signal.aborted) {
      this.#stuckSince = undefined
      this.#report()
      return
    }
    if (!this.#hasAsked) return
    const now = this.#components.clock.now()
    this.#stuckSince ??= now
    const waitingHelps = this.#swarm.hasResting() || this.#components.mayComeBack(this.#job.record.id)
    if (!waitingHelps || now - this.#stuckSince >= waitForHolderMs) {
      const words = waitingHelps ? 'who may have them is away' : 'nobody has them'
      const message = `${missingShards} of ${this.#manifest.code.k} shards are missing: ${words}`
      this.#end(new FileUnavailableError(message, { missingShards, waitingHelps }))
      return
    }
    this.#job.onState({ kind: 'waiting', reason: 'no-holder', missingShards })
  }

  #report(): void {
    if (this.#stop.signal.aborted) return
    this.#job.onState({ kind: 'fetching', progress: this.#meter.now(), from: this.#swarm.active() })
  }

  #end(reason: Error): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#swarm.stop(reason)
  }

  /** What ended it: the reason we stopped for, or the error under the name a person can use. */
  #failure(error: unknown): unknown {
    const reason: unknown = this.#stop.signal.aborted ? this.#stop.signal.reason : undefined
    if (reason !== undefined && (isAbort(error) || error === reason)) return reason
    if (['DecryptionError', 'InflateError', 'NotEnoughPiecesError'].includes(errorName(error))) {
      return new CorruptFileError('its pieces are as they were shared, but it does not open', {
        cause: error,
      })
    }
    return error
  }
}
