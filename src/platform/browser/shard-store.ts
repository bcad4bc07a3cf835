import type { FileId, RoomId } from '../../core/base/ids.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../../core/storage/index.ts'
import { read, write, type Database, type PieceRow } from './database.ts'

interface Place extends PieceRow {
  readonly batch: number
}

/** Positions of one file's pieces; `upTo` is the highest batch seen, so that another tab's later batches can be added. */
interface FileIndex {
  readonly places: Map<string, Place>
  upTo: number
}

/** Files whose positions stay in memory; the least recently used go first. */
const maxIndexedFiles = 64

/**
 * Pieces in IndexedDB: one Blob record for each `putPieces` call, with one small record of the positions inside it. Two tabs
 * may write at once; a read that misses looks for batches written since.
 */
export class IdbShardStore implements ShardStore {
  readonly #database: Database
  readonly #indexes = new Map<FileId, FileIndex>()

  constructor(database: Database) {
    this.#database = database
  }

  async putFile(file: StoredFile): Promise<void> {
    await write(
      this.#database,
      ['files'],
      (tx) => tx.objectStore('files').put(file),
      file.manifest.byteLength,
    )
  }

  file(id: FileId): Promise<StoredFile | undefined> {
    return read(() => this.#database.get('files', id))
  }

  files(room: RoomId): Promise<readonly StoredFile[]> {
    return read(() => this.#database.getAllFromIndex('files', 'room', room))
  }

  async putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void> {
    if (pieces.length === 0) return
    const rows: PieceRow[] = []
    let offset = 0
    let pathBytes = 0
    for (const { segment, shard, bytes, path } of pieces) {
      rows.push({ segment, shard, offset, length: bytes.byteLength, path })
      offset += bytes.byteLength
      pathBytes += path.byteLength
    }
    const blob = new Blob(pieces.map((piece) => piece.bytes))
    const added = offset + pathBytes
    await write(
      this.#database,
      ['batches', 'rows', 'usage'],
      async (tx) => {
        const batch = await tx.objectStore('batches').add(blob)
        await tx.objectStore('rows').add({ file: id, rows }, batch)
        const before = (await tx.objectStore('usage').get(id)) ?? 0
        await tx.objectStore('usage').put(before + added, id)
      },
      added,
    )
  }

  async piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    const key = `${segment}/${shard}`
    const place = this.#indexes.get(id)?.places.get(key) ?? (await this.#refresh(id)).places.get(key)
    if (place === undefined) return undefined
    return read(async () => {
      const blob = await this.#database.get('batches', place.batch)
      if (blob === undefined) {
        this.#indexes.delete(id) // another tab removed the file
        return undefined
      }
      const bytes = await blob.slice(place.offset, place.offset + place.length).arrayBuffer()
      return { segment, shard, bytes: new Uint8Array(bytes), path: place.path }
    })
  }

  async held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    this.#indexes.delete(id)
    const { places } = await this.#refresh(id)
    const held = new Map<number, number[]>()
    for (const { segment, shard } of places.values()) {
      const shards = held.get(segment)
      if (shards === undefined) held.set(segment, [shard])
      else shards.push(shard)
    }
    for (const shards of held.values()) shards.sort((a, b) => a - b)
    return held
  }

  async #refresh(id: FileId): Promise<FileIndex> {
    const index = this.#indexes.get(id) ?? { places: new Map<string, Place>(), upTo: -1 }
    await read(async () => {
      const store = this.#database.transaction('rows').store.index('file')
      // The index sorts a file's records by batch number, so only later ones need to be looked at.
      for (let cursor = await store.openCursor(id); cursor !== null; cursor = await cursor.continue()) {
        if (cursor.primaryKey <= index.upTo) continue
        index.upTo = cursor.primaryKey
        for (const row of cursor.value.rows) {
          index.places.set(`${row.segment}/${row.shard}`, { ...row, batch: cursor.primaryKey })
        }
      }
    })
    this.#indexes.delete(id)
    this.#indexes.set(id, index)
    const oldest = this.#indexes.keys().next()
    if (this.#indexes.size > maxIndexedFiles && oldest.done !== true) this.#indexes.delete(oldest.value)
    return index
  }

  async deleteFile(id: FileId): Promise<void> {
    await write(this.#database, ['files', 'batches', 'rows', 'usage'], async (tx) => {
      const batches = await tx.objectStore('rows').index('file').getAllKeys(id)
      await Promise.all([
        ...batches.flatMap((batch) => [
          tx.objectStore('batches').delete(batch),
          tx.objectStore('rows').delete(batch),
        ]),
        tx.objectStore('usage').delete(id),
        tx.objectStore('files').delete(id),
      ])
    })
    this.#indexes.delete(id)
  }

  async usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }> {
    return read(async () => {
      const tx = this.#database.transaction('usage')
      const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()])
      const byFile = new Map(keys.map((key, i) => [key, values[i] ?? 0]))
      return { totalBytes: values.reduce((sum, bytes) => sum + bytes, 0), byFile }
    })
  }
}
