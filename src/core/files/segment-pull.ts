import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { AbortError, errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import {
  segmentPlainBytes,
  type CesEngine,
  type Manifest,
  type ManifestRecord,
  type SegmentContext,
} from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { StoredPiece } from '../storage/index.ts'
import { fetchTickMs, waitForHolderMs } from './constants.ts'
import { CorruptFileError, FileUnavailableError } from './errors.ts'
import { Gate } from './gate.ts'
import type { HolderState } from './index.ts'
import type { Library } from './library.ts'
import { LocalPieces, type Shelf } from './local-pieces.ts'
import { Swarm, type GatherOptions, type Source } from './swarm.ts'

/** What getting segments needs of the rest of the room. */
export interface PullComponents {
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

/** What is pulled, and who is told how it goes. */
export interface PullJob {
  readonly record: ManifestRecord
  readonly context: SegmentContext
  /** What fetches of the file left or leave here. */
  readonly shelf?: Shelf | undefined
  /** Takes each piece that came and is right; never rejects. */
  readonly onPiece?: ((piece: StoredPiece) => Promise<void>) | undefined
  /** Bytes still to be pulled, where all of the file is. */
  readonly leftBytes?: () => number
  /** Called after each turn: 0 while pieces are on their way, else how many shards only somebody has who is away. */
  readonly onTurn: (missingShards: number) => void
}

/**
 * Opened segments of one file in any order: pieces kept here first, the rest from holders, rebuilt and opened (FI-19). It ends
 * by {@link stop}, or by itself when nobody can give what is wanted; what is wanted then fails with the same error.
 */
export class SegmentPull {
  readonly #components: PullComponents
  readonly #job: PullJob
  readonly #manifest: Manifest
  readonly #swarm: Swarm
  readonly #local: LocalPieces
  readonly #opening: Gate
  readonly #stop = new AbortController()
  /** False until everyone here was asked: before that nothing is known to be missing. */
  #hasAsked = false
  #stuckSince: number | undefined
  #unwatch: () => void = () => {}
  #cancelTick: () => void = () => {}

  constructor(components: PullComponents, job: PullJob) {
    this.#components = components
    this.#job = job
    this.#manifest = job.record.manifest
    this.#opening = new Gate(components.engine.concurrency)
    const { shelf, record } = job
    const { id } = record
    this.#local = new LocalPieces(record, components.library, shelf, () => this.#ask())
    this.#swarm = new Swarm({
      room: components.room,
      clock: components.clock,
      file: id,
      manifest: this.#manifest,
      sources: () => components.sources(id),
      isBlamed: (account) => components.isBlamed(id, account),
      onBlame: (account, error) => components.onBlame(id, account, error),
      onPiece: job.onPiece,
      leftBytes: job.leftBytes,
      onTurn: () => this.#look(),
    })
  }

  /** Begins to follow who holds what, and asks. Nothing is pulled before a segment is wanted. */
  start(): void {
    const { library, onHolders } = this.#components
    this.#unwatch = onHolders(() => this.#swarm.pump())
    this.#tick()
    if (library.get(this.#job.record.id)?.isWhole !== true) this.#ask()
  }

  /** Ends it: streams are closed, and what is wanted fails with `reason`. Twice is fine; the first reason counts. */
  stop(reason: Error): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#unwatch()
    this.#cancelTick()
    this.#swarm.stop(reason)
  }

  /** While paused nothing new is asked for. */
  setPaused(isPaused: boolean): void {
    this.#swarm.setPaused(isPaused)
  }

  get isOver(): boolean {
    return this.#stop.signal.aborted
  }

  /** Accounts with pieces under way. */
  active(): readonly AccountId[] {
    return this.#swarm.active()
  }

  /** Everyone who was asked, and how they do. */
  holders(): readonly HolderState[] {
    return this.#swarm.holders()
  }

  /**
   * The plaintext of one segment, in a new buffer that is the caller's. Throws `FileUnavailableError`, `CorruptFileError`,
   * or the reason of {@link stop}.
   */
  async segment(index: number, options: GatherOptions = {}): Promise<Bytes> {
    try {
      return await this.#segment(index, options)
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async #segment(index: number, options: GatherOptions): Promise<Bytes> {
    const { k } = this.#manifest.code
    const signals = [this.#stop.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const signal = AbortSignal.any(signals)
    const pieces = await this.#local.take(index, k)
    const missing = k - pieces.size
    if (missing > 0) {
      const gathered = await this.#swarm.gather(index, missing, new Set(pieces.keys()), options)
      for (const [shard, bytes] of gathered) pieces.set(shard, bytes)
    }
    const row = this.#manifest.segments[index]
    if (row === undefined) throw new CorruptFileError('a segment is not in the manifest')
    const isLast = index === this.#manifest.segments.length - 1
    const expected = { ...row, plainBytes: segmentPlainBytes(this.#manifest, index) }
    return await this.#opening.run(
      () => this.#components.engine.open(this.#job.context, index, isLast, expected, pieces, { signal }),
      signal,
    )
  }

  #ask(): void {
    const { askHolders } = this.#components
    askHolders(this.#job.record.id, this.#stop.signal)
      .finally(() => {
        this.#hasAsked = true
        this.#swarm.pump()
      })
      .catch((error: unknown) => this.stop(error instanceof Error ? error : new Error(errorName(error))))
  }

  /** A slow beat for rates, late holders and pauses; data itself never waits for it. */
  #tick(): void {
    this.#cancelTick = this.#components.clock.after(fetchTickMs, () => {
      this.#tick()
      this.#swarm.pump()
    })
  }

  /** After each turn of the swarm: going on, waiting for somebody, or out of hope. */
  #look(): void {
    if (this.isOver) return
    const missingShards = this.#swarm.missingShards()
    if (missingShards === 0) {
      this.#stuckSince = undefined
      this.#job.onTurn(0)
      return
    }
    if (!this.#hasAsked) return
    const now = this.#components.clock.now()
    this.#stuckSince ??= now
    const waitingHelps = this.#swarm.hasResting() || this.#components.mayComeBack(this.#job.record.id)
    if (!waitingHelps || now - this.#stuckSince >= waitForHolderMs) {
      const words = waitingHelps ? 'who may have them is away' : 'nobody has them'
      const message = `${missingShards} of ${this.#manifest.code.k} shards are missing: ${words}`
      this.stop(new FileUnavailableError(message, { missingShards, waitingHelps }))
      return
    }
    this.#job.onTurn(missingShards)
  }

  /** What ended it: the reason we stopped for, or the error under the name a person can use. */
  #failure(error: unknown): unknown {
    const reason: unknown = this.isOver ? this.#stop.signal.reason : undefined
    if (reason !== undefined && (isAbort(error) || error === reason)) return reason
    if (['DecryptionError', 'InflateError', 'NotEnoughPiecesError'].includes(errorName(error))) {
      return new CorruptFileError('its pieces are as they were shared, but it does not open', {
        cause: error,
      })
    }
    return error
  }
}

/** The reason to stop for when `signal` fires: always an `AbortError`, whatever the signal carried. */
export function abortReason(signal: AbortSignal): AbortError {
  return new AbortError('fetch was aborted', { cause: signal.reason })
}
