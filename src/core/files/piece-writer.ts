import type { Clock } from '../base/clock.ts'
import { partialRefreshMs, storeBatchBytes } from './constants.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'

/**
 * Writes a file's pieces in batches with back-pressure: one batch is stored while the next is gathered, and `add` waits when
 * that is full too, so at most two batches are in memory. While it writes, the file's `partial` record is refreshed, so no other tab cleans it (FI-9).
 */
export class PieceWriter {
  readonly #shards: ShardStore
  readonly #clock: Clock
  readonly #file: StoredFile
  readonly #batchBytes: number
  readonly #isScratch: boolean
  readonly #onStored: (pieces: readonly StoredPiece[]) => void
  /** The batch that is being stored, or the last one. Once it has failed, every later one fails of the same cause. */
  #storing: Promise<void> = Promise.resolve()
  #pending: StoredPiece[] = []
  #pendingBytes = 0
  #refreshedAt: number

  /**
   * @param file its record; already stored when `partial`
   * @param options `onStored` is told of pieces that are stored now, and whose buffers nobody needs any more; `isScratch` for what could be had
   * again, each piece in a buffer of its own (SPEC ST-10)
   */
  constructor(
    components: { shards: ShardStore; clock: Clock },
    file: StoredFile,
    options: {
      batchBytes?: number
      isScratch?: boolean
      onStored?: (pieces: readonly StoredPiece[]) => void
    } = {},
  ) {
    this.#batchBytes = options.batchBytes ?? storeBatchBytes
    this.#isScratch = options.isScratch ?? false
    this.#onStored = options.onStored ?? (() => undefined)
    this.#shards = components.shards
    this.#clock = components.clock
    this.#file = file
    this.#refreshedAt = components.clock.now()
  }

  /**
   * Resolves when there is room for more: at once, unless a batch is being stored and the next is full. Throws
   * `QuotaExceededError` or `StorageError` of the batch before.
   */
  async add(piece: StoredPiece): Promise<void> {
    this.#pending.push(piece)
    this.#pendingBytes += piece.bytes.byteLength
    if (this.#pendingBytes < this.#batchBytes) return
    await this.#storing
    // Another caller may have handed it over meanwhile.
    if (this.#pendingBytes >= this.#batchBytes) this.#handOver()
  }

  /** Stores what waits. Resolves when all that was added is durable; throws as {@link add}. */
  async flush(): Promise<void> {
    await this.#storing
    if (this.#pending.length > 0) this.#handOver()
    await this.#storing
  }

  /** Forgets what waits and resolves once nothing is being stored any more. */
  async abandon(): Promise<void> {
    this.#take()
    await Promise.allSettled([this.#storing])
  }

  /** Begins to store what waits; nothing else is being stored. */
  #handOver(): void {
    this.#storing = this.#store(this.#take())
    this.#storing.catch(() => undefined) // whoever adds or flushes next is told
  }

  async #store(batch: readonly StoredPiece[]): Promise<void> {
    const { id } = this.#file
    if (this.#isScratch) this.#onStored(await this.#shards.putScratch(id, batch))
    else {
      await this.#shards.putPieces(id, batch)
      this.#onStored(batch)
    }
    const now = this.#clock.now()
    const { state, own, key } = this.#file
    const isAtWork = state === 'partial' || (!own && key !== undefined)
    if (!isAtWork || now - this.#refreshedAt < partialRefreshMs) return
    this.#refreshedAt = now
    await this.#shards.putFile({ ...this.#file, addedAt: now })
  }

  #take(): readonly StoredPiece[] {
    const batch = this.#pending
    this.#pending = []
    this.#pendingBytes = 0
    return batch
  }
}
