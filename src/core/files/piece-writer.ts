import type { Clock } from '../base/clock.ts'
import { Gate } from './gate.ts'
import { partialRefreshMs, storeBatchBytes } from './constants.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'

/**
 * Writes a file's pieces in batches with back-pressure: `add` waits while a full batch is being stored, so at most two
 * batches are in memory. While it writes, the file's `partial` record is refreshed, so no other tab cleans it (FI-9).
 */
export class PieceWriter {
  readonly #shards: ShardStore
  readonly #clock: Clock
  readonly #file: StoredFile
  readonly #onStored: (pieces: readonly StoredPiece[]) => void
  readonly #writes = new Gate(1)
  #pending: StoredPiece[] = []
  #pendingBytes = 0
  #refreshedAt: number

  /**
   * @param file its record; already stored when `partial`
   * @param onStored told of pieces that are durable now, and whose buffers nobody needs any more
   */
  constructor(
    components: { shards: ShardStore; clock: Clock },
    file: StoredFile,
    onStored: (pieces: readonly StoredPiece[]) => void = () => undefined,
  ) {
    this.#onStored = onStored
    this.#shards = components.shards
    this.#clock = components.clock
    this.#file = file
    this.#refreshedAt = components.clock.now()
  }

  /** Resolves when there is room for more. Throws `QuotaExceededError` or `StorageError` of the batch that it filled. */
  async add(piece: StoredPiece): Promise<void> {
    this.#pending.push(piece)
    this.#pendingBytes += piece.bytes.byteLength
    if (this.#pendingBytes >= storeBatchBytes) await this.flush()
  }

  /** Stores what waits. Resolves when all that was added is durable. */
  async flush(): Promise<void> {
    await this.#writes.run(async () => {
      const batch = this.#pending
      this.#pending = []
      this.#pendingBytes = 0
      if (batch.length > 0) await this.#shards.putPieces(this.#file.id, batch)
      this.#onStored(batch)
      const now = this.#clock.now()
      if (this.#file.state !== 'partial' || now - this.#refreshedAt < partialRefreshMs) return
      this.#refreshedAt = now
      await this.#shards.putFile({ ...this.#file, addedAt: now })
    })
  }

  /** Forgets what waits and resolves once nothing is being stored any more. */
  async abandon(): Promise<void> {
    this.#pending = []
    this.#pendingBytes = 0
    await this.#writes.run(() => Promise.resolve())
  }
}
