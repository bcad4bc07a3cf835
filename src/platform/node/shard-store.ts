import { join } from 'node:path'
import * as v from 'valibot'
import type { FileId, RoomId } from '../../core/base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../../core/base/wire/cbor.ts'
import {
  StorageError,
  type PiecePosition,
  type ShardStore,
  type StoredFile,
  type StoredPiece,
} from '../../core/storage/index.ts'
import { namesIn, pathPart, readWhole, type DurableFolder } from './durable-folder.ts'
import { keptBytes, PieceFiles } from './piece-files.ts'

/** A manifest is at most 1 MiB; twice that is a damaged file. */
const maxRecordBytes = 2 * 1024 * 1024

/** Files whose pack indexes stay in memory. The least recently used go first. */
const maxIndexedFiles = 64

const recordSchema = v.strictObject({
  room: text(128, 1),
  manifest: byteString(0, maxRecordBytes),
  key: v.optional(byteString(32)),
  addedAt: uint(),
  own: v.boolean(),
  state: v.picklist(['partial', 'complete']),
})

/** One folder for each file: `files/<id>/record` and `files/<id>/packs/`. */
export class FileShardStore implements ShardStore {
  readonly #folder: DurableFolder
  readonly #path: string
  readonly #pieces = new Map<FileId, PieceFiles>()

  constructor(folder: DurableFolder) {
    this.#folder = folder
    this.#path = join(folder.path, 'files')
  }

  async putFile({ id, ...record }: StoredFile): Promise<void> {
    await this.#folder.replace(join(this.#of(id), 'record'), toCbor(record))
  }

  async file(id: FileId): Promise<StoredFile | undefined> {
    const bytes = await readWhole(join(this.#of(id), 'record'))
    if (bytes === undefined) return undefined
    try {
      const { room, key, ...rest } = fromCbor(bytes, recordSchema, maxRecordBytes)
      // The ids were ones when they were stored.
      return { id, room: room as RoomId, ...rest, ...(key === undefined ? {} : { key }) }
    } catch (cause) {
      throw new StorageError('a file record on disk is damaged', { cause })
    }
  }

  async files(room: RoomId): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = []
    for (const id of await this.#ids()) {
      const file = await this.file(id)
      if (file?.room === room) files.push(file)
    }
    return files
  }

  async putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void> {
    if (pieces.length > 0) await this.#piecesOf(id).put(pieces)
  }

  async putScratch(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]> {
    await this.putPieces(id, pieces)
    return pieces
  }

  async piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    return await this.#piecesOf(id).piece(segment, shard)
  }

  async pieces(
    id: FileId,
    positions: readonly PiecePosition[],
  ): Promise<readonly (StoredPiece | undefined)[]> {
    const pieces: (StoredPiece | undefined)[] = []
    for (const { segment, shard } of positions) pieces.push(await this.piece(id, segment, shard))
    return pieces
  }

  async held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    const held = new Map<number, number[]>()
    for (const { segment, shard } of (await this.#piecesOf(id).places()).values()) {
      const shards = held.get(segment)
      if (shards === undefined) held.set(segment, [shard])
      else shards.push(shard)
    }
    for (const shards of held.values()) shards.sort((a, b) => a - b)
    return held
  }

  async deleteFile(id: FileId): Promise<void> {
    await this.#folder.remove(this.#of(id))
    this.#pieces.delete(id)
  }

  async usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }> {
    const byFile = new Map<FileId, number>()
    let totalBytes = 0
    for (const id of await this.#ids()) {
      const bytes = await keptBytes(join(this.#of(id), 'packs'))
      if (bytes === 0) continue
      byFile.set(id, bytes)
      totalBytes += bytes
    }
    return { totalBytes, byFile }
  }

  #of(id: FileId): string {
    return join(this.#path, pathPart(id))
  }

  async #ids(): Promise<readonly FileId[]> {
    return (await namesIn(this.#path)).map((part) => part.slice(1) as FileId) // folders are named by one
  }

  #piecesOf(id: FileId): PieceFiles {
    const pieces = this.#pieces.get(id) ?? new PieceFiles(this.#folder, join(this.#of(id), 'packs'))
    this.#pieces.delete(id)
    this.#pieces.set(id, pieces)
    const oldest = this.#pieces.keys().next()
    if (this.#pieces.size > maxIndexedFiles && oldest.done !== true) this.#pieces.delete(oldest.value)
    return pieces
  }
}
