import { openDB, type DBSchema, type IDBPDatabase, type StoreNames } from 'idb'
import type { Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, FileId, RoomId } from '../../core/base/ids.ts'
import { damagedKey, type StoredFile } from '../../core/storage/index.ts'

/** Where one piece lies inside its batch's Blob: its bytes, then its path. */
export interface PieceRow {
  readonly segment: number
  readonly shard: number
  readonly offset: number
  readonly length: number
  readonly pathLength: number
}

/** A key at rest: by WebCrypto itself, or a seed wrapped by `wrapping`. */
export type StoredKey =
  | { readonly kind: 'webcrypto'; readonly privateKey: CryptoKey; readonly publicKey: Bytes }
  | {
      readonly kind: 'wrapped'
      readonly wrapping: CryptoKey
      readonly iv: Bytes
      readonly sealedSeed: ArrayBuffer
    }

/** A page that is open, or was when it was killed. */
export type Mark = `page/${string}`

export interface TesseraSchema extends DBSchema {
  settings: { key: string; value: unknown }
  keys: { key: string; value: StoredKey }
  entries: { key: [RoomId, AccountId, number]; value: { id: EntryId; bytes: Bytes } }
  heads: { key: [RoomId, AccountId]; value: { seq: number; id: EntryId } }
  receipts: { key: [RoomId, AccountId]; value: Bytes }
  files: { key: FileId; value: StoredFile; indexes: { room: RoomId } }
  /** One Blob for each `putPieces` call; the key grows and is never used twice. */
  batches: { key: number; value: Blob }
  /** The live pieces of each batch, by file. */
  rows: { key: [FileId, number]; value: readonly PieceRow[] }
  /** Bytes of live pieces and paths by file. */
  usage: { key: FileId; value: number }
  /** `birth`: 16 random bytes made with the database, so that a wiped one is not taken for the old. Pages: see `careForLog`. */
  meta: { key: 'birth' | Mark; value: Bytes | true }
}

export type Database = IDBPDatabase<TesseraSchema>
export type StoreName = StoreNames<TesseraSchema>

/** What the shape of the database is called; raise it with a step in `upgrade` whenever `TesseraSchema` changes. */
const version = 1

/** What the opener is told of a database that is open. */
export interface DatabaseWatch {
  /** Older tabs hold the database in its older shape and do not let go. */
  blocked(): void
  /** A newer tab needs to change the shape: let go now. */
  outdated(): void
  /** The browser closed it under us. */
  dropped(): void
}

/** Opens (and makes or upgrades) the database; the platform's errors pass through unnamed. */
export async function openSchema(name: string, birth: Bytes, watch: DatabaseWatch): Promise<Database> {
  return await openDB<TesseraSchema>(name, version, {
    upgrade(db, from, _to, tx, event) {
      if (from >= 1) return
      const settings = db.createObjectStore('settings')
      db.createObjectStore('keys')
      db.createObjectStore('entries')
      db.createObjectStore('heads')
      db.createObjectStore('receipts')
      db.createObjectStore('files', { keyPath: 'id' }).createIndex('room', 'room')
      db.createObjectStore('batches', { autoIncrement: true })
      db.createObjectStore('rows')
      db.createObjectStore('usage')
      db.createObjectStore('meta')
      // Fails with the upgrade itself when it fails.
      void tx.objectStore('meta').put(birth, 'birth')
      if (isLoss(event)) void settings.put(true, damagedKey)
    },
    blocked: () => watch.blocked(),
    blocking: () => watch.outdated(),
    terminated: () => watch.dropped(),
  })
}

/** Whether the browser found the data damaged and begins with nothing: Chromium says so, in words that no standard has. */
function isLoss(event: IDBVersionChangeEvent): boolean {
  return (event as IDBVersionChangeEvent & { readonly dataLoss?: 'none' | 'total' }).dataLoss === 'total'
}
