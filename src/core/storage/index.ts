/**
 * Ports for what must survive a reload. Each has one acceptance suite in `testing/` that every adapter passes.
 * A promise that resolves means the bytes are durable (`strict` durability in IndexedDB, fsync on disk).
 * All throw `QuotaExceededError` with nothing half-written, or `StorageError`.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { AccountId, EntryId, FileId, RoomId } from '../base/ids.ts'

/** Small named values: profile, settings, recent rooms, names last seen. Values are structured-cloneable data. */
export interface SettingsStore {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<void>
  /** Keys that start with `prefix`, sorted. */
  keys(prefix: string): Promise<readonly string[]>
}

/** One signed log entry as stored. `bytes` is what was signed plus signature, exactly as it travels. */
export interface StoredEntry {
  readonly author: AccountId
  /** Position in the author's log, from 0. */
  readonly seq: number
  readonly id: EntryId
  readonly bytes: Bytes
}

/** Each author's hash-linked log in each room. */
export interface LogStore {
  /**
   * Adds `entry` only when the log's length is `entry.seq` and its last id is `expectedHead`
   * (undefined for an empty log), in one transaction. Throws `HeadMovedError` otherwise: two tabs of
   * one profile share a log.
   */
  append(room: RoomId, entry: StoredEntry, expectedHead: EntryId | undefined): Promise<void>
  /**
   * Adds a run of one author's entries in one transaction, all or none, under the same condition for the first of them.
   * Some hundred entries and up to 4 MiB a call are fast; a run that has a gap or several authors is a `StorageError`.
   */
  appendAll(room: RoomId, entries: readonly StoredEntry[], expectedHead: EntryId | undefined): Promise<void>
  /** Last entry's position and id of every author's log in the room. */
  heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>>
  /** Entries `from` ≤ seq < `to` in order; fewer when the log is shorter. */
  range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]>
  /** Signed receipts, one latest per reader. */
  putReceipt(room: RoomId, reader: AccountId, bytes: Bytes): Promise<void>
  receipts(room: RoomId): Promise<ReadonlyMap<AccountId, Bytes>>
  deleteRoom(room: RoomId): Promise<void>
}

/** One shard piece: the part of one segment that belongs to one shard column, with its proof. */
export interface StoredPiece {
  readonly segment: number
  readonly shard: number
  readonly bytes: Bytes
  /** Merkle path from the piece's hash to the root in the manifest, 32-byte nodes concatenated leaf to root. */
  readonly path: Bytes
}

/** Where a piece stands in its file. */
export interface PiecePosition {
  readonly segment: number
  readonly shard: number
}

/** A file known here: its manifest, and what of it is held. */
export interface StoredFile {
  readonly id: FileId
  readonly room: RoomId
  /** Manifest bytes; SHA-256 of them is `id`. */
  readonly manifest: Bytes
  /** 32-byte file key when we may read it; absent for a holder that only keeps shards. */
  readonly key?: Bytes
  /** ms since the epoch. */
  readonly addedAt: number
  /** True while we are its owner and must keep the source. */
  readonly own: boolean
  /** `complete` files are shown; a `partial` one is a share or fetch in progress and is removed or resumed at start. */
  readonly state: 'partial' | 'complete'
}

/** Manifests and shard pieces. */
export interface ShardStore {
  putFile(file: StoredFile): Promise<void>
  file(id: FileId): Promise<StoredFile | undefined>
  files(room: RoomId): Promise<readonly StoredFile[]>
  /** Writes pieces of one file in one transaction; 1 to 4 MiB a call is fastest. Overwrites equal positions. */
  putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void>
  /**
   * As {@link putPieces}, for what could be had again: it outlives the page, but not for certain the machine, and costs less. Each piece is in
   * a buffer of its own, which is taken and given back for another use. Reads find what either wrote.
   */
  putScratch(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]>
  piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined>
  /**
   * Several pieces in the order asked, undefined where one is not held. Neighbours come at the price of one read; 1 to 4 MiB a call
   * is fastest. What comes may be views of one buffer: copy before transferring or changing one.
   */
  pieces(id: FileId, positions: readonly PiecePosition[]): Promise<readonly (StoredPiece | undefined)[]>
  /** Which (segment, shard) positions are held, as segment → sorted shard indices. */
  held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>>
  /** Removes the file with all its pieces. */
  deleteFile(id: FileId): Promise<void>
  /** Bytes of pieces held, in all and by file. */
  usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }>
}

/** All stores of one profile, opened together. */
export interface Stores {
  readonly settings: SettingsStore
  readonly logs: LogStore
  readonly shards: ShardStore
  close(): void
  /** What the platform says of its space; the quota is a forecast, `QuotaExceededError` is the truth. */
  estimate(): Promise<{ usageBytes: number; quotaBytes: number }>
  /** Asks the platform to keep the data when space runs short; call after a person's action. */
  requestPersist(): Promise<boolean>
}

export {
  HeadMovedError,
  StorageBlockedError,
  StorageDeniedError,
  StorageError,
  StorageOutdatedError,
} from './errors.ts'
/** A setting that stands from when the platform found all stored data damaged, and began with none, until the person knows of it. */
export const damagedKey = 'storage/damaged'

export { createMemoryStorage } from './memory.ts'
export { positionOf } from './piece-log.ts'
export { checkRun } from './run.ts'
