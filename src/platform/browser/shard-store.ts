import { copyBytes, type Bytes } from '../../core/base/bytes.ts'
import { errorName } from '../../core/base/errors.ts'
import type { FileId, RoomId } from '../../core/base/ids.ts'
import {
  positionOf,
  StorageError,
  type PiecePosition,
  type ShardStore,
  type StoredFile,
  type StoredPiece,
} from '../../core/storage/index.ts'
import { allOf, read, write, type Connection } from './database.ts'
import type { PieceRow } from './schema.ts'
import { addRows, ShardIndexes, type FileIndex } from './shard-index.ts'

type Rows = readonly PieceRow[]

/** A batch with those of its rows that are wanted; without its Blob when its bytes are here. */
interface Found {
  readonly batch: number
  readonly blob: Blob | undefined
  readonly rows: Rows
}

/** All bytes of a batch. */
interface WholeBatch {
  readonly batch: number
  readonly bytes: Bytes
}

/**
 * Share of a batch, one in so many, from which on all of it is read: every part of a Blob is a request of its own that holds the page up. For
 * neighbours, which are one part, a whole batch of which they are a quarter leaves the collector 50 MB more to find (bench:memory).
 */
const wholeFrom = { scattered: 8, together: 2 } as const

/** A longer batch is read in parts: none of ours is. */
const mostWholeBytes = 8 * 1024 * 1024

/** The part of a transaction over `rows` that reading needs. */
interface RowReader {
  getAllKeys(range: IDBKeyRange): Promise<[FileId, number][]>
  getAll(range: IDBKeyRange): Promise<Rows[]>
}

/**
 * Pieces in IndexedDB: one Blob record for each `putPieces` call, with one small record of the live positions inside it. Which
 * batch has a position is remembered; that it still has it is read again with every piece, since other tabs write too. The
 * bytes of an overwritten piece stay on disk until no piece of its batch is live.
 */
export class IdbShardStore implements ShardStore {
  readonly #connection: Connection
  readonly #indexes = new ShardIndexes()
  /** The batch that was last read whole: what is read in order asks for its neighbours next. */
  #recent: WholeBatch | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async putFile(file: StoredFile): Promise<void> {
    const key = file.key === undefined ? {} : { key: exact(file.key) }
    const record = { ...file, manifest: exact(file.manifest), ...key }
    const size = file.manifest.byteLength
    await write(this.#connection, ['files'], (tx) => tx.objectStore('files').put(record), size)
  }

  file(id: FileId): Promise<StoredFile | undefined> {
    return read(this.#connection, ['files'], (tx) => tx.objectStore('files').get(id))
  }

  files(room: RoomId): Promise<readonly StoredFile[]> {
    return read(this.#connection, ['files'], (tx) => tx.objectStore('files').index('room').getAll(room))
  }

  async putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void> {
    const { blob, rows } = layOut(pieces)
    if (rows.length === 0) return
    const index = this.#indexes.of(id)
    const batch = await write(
      this.#connection,
      ['batches', 'rows', 'usage'],
      async (tx) => {
        await catchUp(index, id, tx.objectStore('rows'))
        const usage = tx.objectStore('usage')
        const before = (await usage.get(id)) ?? 0
        let freed = 0
        for (const [older, gone] of overwritten(index, rows)) {
          const kept = await tx.objectStore('rows').get([id, older])
          const live = kept?.filter((row) => !gone.has(positionOf(row))) ?? []
          freed += bytesOf(kept ?? []) - bytesOf(live)
          if (live.length > 0) await tx.objectStore('rows').put(live, [id, older])
          else {
            await tx.objectStore('rows').delete([id, older])
            await tx.objectStore('batches').delete(older)
          }
        }
        const added = await tx.objectStore('batches').add(blob)
        await tx.objectStore('rows').add(rows, [id, added])
        await usage.put(before + bytesOf(rows) - freed, id)
        return added
      },
      blob.size,
    )
    addRows(index, batch, rows)
  }

  async putScratch(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]> {
    await this.putPieces(id, pieces)
    return pieces
  }

  async piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    const [piece] = await this.pieces(id, [{ segment, shard }])
    return piece
  }

  async pieces(
    id: FileId,
    positions: readonly PiecePosition[],
  ): Promise<readonly (StoredPiece | undefined)[]> {
    const found = await this.#find(id, positions)
    const missing = positions.filter((position) => !found.has(positionOf(position)))
    if (missing.length > 0) {
      // Not known here, or no longer so: another tab may have written it since. Batch numbers only grow, so it is a later one.
      await this.#refresh(id)
      for (const [name, piece] of await this.#find(id, missing)) found.set(name, piece)
    }
    return positions.map((position) => found.get(positionOf(position)))
  }

  async held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    this.#indexes.forget(id)
    const rows = await this.#refresh(id)
    const held = new Map<number, number[]>()
    for (const { segment, shard } of rows) {
      const shards = held.get(segment)
      if (shards === undefined) held.set(segment, [shard])
      else shards.push(shard)
    }
    for (const shards of held.values()) shards.sort((a, b) => a - b)
    return held
  }

  async deleteFile(id: FileId): Promise<void> {
    await write(this.#connection, ['files', 'batches', 'rows', 'usage'], async (tx) => {
      const keys = await tx.objectStore('rows').getAllKeys(laterThan(id, -1))
      await allOf([
        ...keys.map(
          ([, batch]) =>
            () =>
              tx.objectStore('batches').delete(batch),
        ),
        () => tx.objectStore('rows').delete(laterThan(id, -1)),
        () => tx.objectStore('usage').delete(id),
        () => tx.objectStore('files').delete(id),
      ])
    })
    this.#indexes.forget(id)
  }

  async usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }> {
    return read(this.#connection, ['usage'], async (tx) => {
      const usage = tx.objectStore('usage')
      const [keys, values] = await Promise.all([usage.getAllKeys(), usage.getAll()])
      const byFile = new Map(keys.map((key, i) => [key, values[i] ?? 0]))
      return { totalBytes: values.reduce((sum, bytes) => sum + bytes, 0), byFile }
    })
  }

  /** Of `positions` the pieces that are still in the batch that is known to hold them. */
  async #find(id: FileId, positions: readonly PiecePosition[]): Promise<Map<string, StoredPiece>> {
    const { batchOf } = this.#indexes.of(id)
    const wanted = new Map<number, Set<string>>()
    for (const position of positions.map(positionOf)) {
      const batch = batchOf.get(position)
      if (batch !== undefined) wanted.set(batch, (wanted.get(batch) ?? new Set<string>()).add(position))
    }
    if (wanted.size === 0) return new Map()
    const recent = this.#recent // another read may replace it meanwhile
    const batches = await read(this.#connection, ['rows', 'batches'], (tx) =>
      Promise.all(
        [...wanted].map(async ([batch, names]) => {
          const [rows = [], blob] = await Promise.all([
            tx.objectStore('rows').get([id, batch]),
            recent?.batch === batch ? undefined : tx.objectStore('batches').get(batch),
          ])
          return { batch, blob, rows: rows.filter((row) => names.has(positionOf(row))) }
        }),
      ),
    )
    const pieces = await Promise.all(batches.map((found) => this.#read(found, recent)))
    return new Map(pieces.flat().map((piece) => [positionOf(piece), piece]))
  }

  /** The pieces at some rows of a batch, which is read whole when much of it is wanted. A batch never changes while it has a number. */
  async #read({ batch, blob, rows }: Found, recent: WholeBatch | undefined): Promise<readonly StoredPiece[]> {
    if (rows.length === 0) return []
    if (recent?.batch === batch) return rows.map((row) => pieceAt(recent.bytes, row, 0))
    if (blob === undefined) return []
    const wantedBytes = bytesOf(rows)
    const share = isScattered(rows) ? wholeFrom.scattered : wholeFrom.together
    if (wantedBytes * share < blob.size || wantedBytes === blob.size || blob.size > mostWholeBytes) {
      return await piecesOf(blob, rows)
    }
    const bytes = await bytesOfBlob(blob)
    if (bytes?.byteLength !== blob.size) return []
    this.#recent = { batch, bytes }
    return rows.map((row) => pieceAt(bytes, row, 0))
  }

  /** Reads the rows written since the last time, all when the file was forgotten, and returns them. */
  async #refresh(id: FileId): Promise<readonly PieceRow[]> {
    const index = this.#indexes.of(id)
    return await read(this.#connection, ['rows'], (tx) => catchUp(index, id, tx.objectStore('rows')))
  }
}

/** Bytes and paths in one Blob; of a position given twice the later piece is taken. */
function layOut(pieces: readonly StoredPiece[]): { blob: Blob; rows: PieceRow[] } {
  const parts: Bytes[] = []
  const rows: PieceRow[] = []
  let offset = 0
  for (const piece of new Map(pieces.map((piece) => [positionOf(piece), piece])).values()) {
    const { segment, shard, bytes, path } = piece
    rows.push({ segment, shard, offset, length: bytes.byteLength, pathLength: path.byteLength })
    parts.push(bytes, path)
    offset += bytes.byteLength + path.byteLength
  }
  hurryCollector(offset)
  return { blob: new Blob(parts), rows }
}

/**
 * Lets the collector feel the weight of a Blob. Chromium holds a Blob's bytes until its object is collected, and counts none of them: after
 * some 500 MB written without another allocation it refuses every further Blob. An untouched buffer of the same length takes no memory and is counted.
 */
function hurryCollector(blobBytes: number): void {
  new ArrayBuffer(blobBytes)
}

async function catchUp(index: FileIndex, id: FileId, store: RowReader): Promise<readonly PieceRow[]> {
  const later = laterThan(id, index.upTo)
  const [keys, values] = await Promise.all([store.getAllKeys(later), store.getAll(later)])
  keys.forEach(([, batch], i) => addRows(index, batch, values[i] ?? []))
  return values.flat()
}

/** Batches that hold positions of `rows` now, each with those positions. */
function overwritten(index: FileIndex, rows: Rows): Map<number, Set<string>> {
  const batches = new Map<number, Set<string>>()
  for (const row of rows) {
    const position = positionOf(row)
    const batch = index.batchOf.get(position)
    if (batch === undefined) continue
    batches.set(batch, (batches.get(batch) ?? new Set<string>()).add(position))
  }
  return batches
}

/** The pieces at `rows` of a batch, read together when they lie close: every part of a Blob that is read costs a round trip. */
async function piecesOf(blob: Blob | undefined, rows: Rows): Promise<readonly StoredPiece[]> {
  if (blob === undefined || rows.length === 0) return []
  const { start, end } = spanOf(rows)
  if (isScattered(rows)) {
    return (await Promise.all(rows.map((row) => piecesOf(blob, [row])))).flat()
  }
  const bytes = await bytesOfBlob(start === 0 && end === blob.size ? blob : blob.slice(start, end))
  if (bytes?.byteLength !== end - start) return []
  return rows.map((row) => pieceAt(bytes, row, start))
}

/** A piece as a view of the bytes of its batch from `start` on. */
function pieceAt(
  bytes: Bytes,
  { segment, shard, offset, length, pathLength }: PieceRow,
  start: number,
): StoredPiece {
  const at = offset - start
  const [from, to] = [at + length, at + length + pathLength]
  return { segment, shard, bytes: bytes.subarray(at, from), path: bytes.subarray(from, to) }
}

function spanOf(rows: Rows): { readonly start: number; readonly end: number } {
  return { start: Math.min(...rows.map(({ offset }) => offset)), end: Math.max(...rows.map(endOf)) }
}

/** Whether most of what lies between the first and the last is not wanted. */
function isScattered(rows: Rows): boolean {
  const { start, end } = spanOf(rows)
  return bytesOf(rows) * 2 < end - start
}

function endOf({ offset, length, pathLength }: PieceRow): number {
  return offset + length + pathLength
}

/** A batch whose record another tab removed meanwhile cannot be read any more: that is a missing piece, not a failure. */
async function bytesOfBlob(blob: Blob): Promise<Bytes | undefined> {
  try {
    return new Uint8Array(await blob.arrayBuffer())
  } catch (cause) {
    if (['NotFoundError', 'NotReadableError'].includes(errorName(cause))) return undefined
    throw new StorageError(`a kept piece cannot be read: ${errorName(cause)}`, { cause })
  }
}

/** Row keys of a file after batch `upTo`; an empty list sorts after all numbers (IndexedDB section 2.4). */
function laterThan(id: FileId, upTo: number): IDBKeyRange {
  return IDBKeyRange.bound([id, upTo + 1], [id, []])
}

function bytesOf(rows: Rows): number {
  return rows.reduce((sum, row) => sum + row.length + row.pathLength, 0)
}

/** Bytes over a buffer of their own: storing a view stores the whole buffer behind it (SPEC ST-7). */
function exact(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes)
}
