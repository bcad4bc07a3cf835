import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { Spares } from '../ces/index.ts'
import type { Shelf } from './local-pieces.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'
import { keptBatchBytes, keptFlushMs } from './constants.ts'
import { PieceWriter } from './piece-writer.ts'

export interface KeptPiecesComponents {
  readonly shards: ShardStore
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The pieces that a running fetch keeps, so that it can go on after a reload or crash (FI-33). Keeping never harms the fetch: when
 * the disk refuses, what was kept is removed and the fetch goes on without.
 */
export class KeptPieces {
  readonly #components: KeptPiecesComponents
  readonly #record: StoredFile
  readonly #writer: PieceWriter
  /** Copies that are stored: the next ones are written over them. */
  readonly #spares = new Spares(2 * keptBatchBytes)
  #isKeeping = true
  #cancelFlush: (() => void) | undefined

  /** @param record its `partial` record, stored already */
  constructor(components: KeptPiecesComponents, record: StoredFile) {
    this.#components = components
    this.#record = record
    this.#writer = new PieceWriter(components, record, {
      batchBytes: keptBatchBytes,
      isScratch: true,
      onStored: (pieces) => this.#spares.give(pieces.map(({ bytes }) => bytes)),
    })
  }

  /** False once the disk refused: an interruption then costs everything. */
  get isKeeping(): boolean {
    return this.#isKeeping
  }

  /** What earlier runs kept, and what this one keeps. */
  get shelf(): Shelf {
    const { shards } = this.#components
    const { id } = this.#record
    return { held: () => shards.held(id), read: (positions) => shards.pieces(id, positions) }
  }

  /** Copies a verified piece and resolves when there is room for another; the caller may give its own away meanwhile. */
  async add(piece: StoredPiece): Promise<void> {
    if (!this.#isKeeping) return
    const bytes = this.#spares.takeOrMake(piece.bytes.byteLength)
    bytes.set(piece.bytes)
    const adding = this.#writer.add({ ...piece, bytes })
    this.#cancelFlush ??= this.#components.clock.after(keptFlushMs, () => {
      this.#cancelFlush = undefined
      void this.flush()
    })
    await this.#guard(adding)
  }

  /** Stores what waits. */
  async flush(): Promise<void> {
    if (this.#isKeeping) await this.#guard(this.#writer.flush())
  }

  /** Resolves once nothing is being stored any more; what waits is stored first, or given up. */
  async end(how: 'store' | 'drop'): Promise<void> {
    this.#cancelFlush?.()
    if (how === 'store') await this.flush()
    else await this.#writer.abandon()
    this.#isKeeping = false
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (!this.#isKeeping) return
      this.#isKeeping = false
      this.#components.logger('warn', 'a fetch goes on without keeping pieces', { error: errorName(error) })
      await this.#remove()
    }
  }

  async #remove(): Promise<void> {
    try {
      await this.#writer.abandon()
      await this.#components.shards.deleteFile(this.#record.id)
    } catch (error) {
      // Removed at the next start instead, when it is old.
      this.#components.logger('warn', 'kept pieces could not be removed', { error: errorName(error) })
    }
  }
}
