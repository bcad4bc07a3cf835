import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url, utf8 } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { ShardStore, StoredFile } from '../storage/index.ts'
import { partialRefreshMs } from './constants.ts'
import type { Library } from './library.ts'
import { PieceWriter } from './piece-writer.ts'

export interface StagingComponents {
  readonly room: Room
  readonly shards: ShardStore
  readonly clock: Clock
  readonly logger: Logger
  readonly library: Library
}

/**
 * Rebuilt columns on their way to others: served to who pulls them, never counted as held here, and gone when the repair is over
 * however it ends. They lie under an id of their own as a `partial` file, so that what a closed tab left is cleaned (FI-9).
 */
export class Staging {
  readonly #components: StagingComponents
  readonly #file: StoredFile
  readonly #source: FileId
  readonly writer: PieceWriter
  #cancelRefresh = (): void => {}

  private constructor(components: StagingComponents, source: FileId, file: StoredFile) {
    this.#components = components
    this.#source = source
    this.#file = file
    this.writer = new PieceWriter(components, file)
  }

  static async open(
    components: StagingComponents,
    { id, bytes }: ManifestRecord,
    columns: readonly number[],
  ): Promise<Staging> {
    const { room, clock, shards, library } = components
    const staged = stagingId(id)
    const file: StoredFile = {
      ...{ id: staged, room: room.id, manifest: bytes, addedAt: clock.now(), own: false },
      state: 'partial',
    }
    library.writing.add(staged)
    const staging = new Staging(components, id, file)
    try {
      await shards.deleteFile(staged) // what an earlier run of this tab may have left
      await shards.putFile(file)
    } catch (error) {
      library.writing.delete(staged)
      throw error
    }
    library.stage(id, { id: staged, columns: new Set(columns) })
    staging.#keepFresh()
    return staging
  }

  /** Moves columns to what is held here. */
  async adopt(columns: readonly number[], segments: number): Promise<void> {
    const { shards } = this.#components
    const record = await shards.file(this.#source)
    if (record === undefined) return // freed meanwhile
    const writer = new PieceWriter(this.#components, record)
    for (let segment = 0; segment < segments; segment++) {
      for (const shard of columns) {
        const piece = await shards.piece(this.#file.id, segment, shard)
        if (piece !== undefined) await writer.add(piece)
      }
    }
    await writer.flush()
  }

  async close(): Promise<void> {
    const { library, shards } = this.#components
    this.#cancelRefresh()
    library.unstage(this.#source)
    await this.writer.abandon()
    await shards.deleteFile(this.#file.id)
    library.writing.delete(this.#file.id)
  }

  #keepFresh(): void {
    const { clock, shards, logger } = this.#components
    this.#cancelRefresh = clock.after(partialRefreshMs, () => {
      this.#keepFresh()
      shards.putFile({ ...this.#file, addedAt: clock.now() }).catch((error: unknown) => {
        logger('warn', 'staged columns were not refreshed', { error: errorName(error) })
      })
    })
  }
}

/** Where a file's rebuilt columns lie meanwhile. */
export function stagingId(file: FileId): FileId {
  return toBase64Url(new Uint8Array(sha256(utf8(`tessera stage ${file}`)))) as FileId
}
