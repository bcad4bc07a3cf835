import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb'
import { errorName, QuotaExceededError } from '../../core/base/errors.ts'
import type { Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, FileId, RoomId } from '../../core/base/ids.ts'
import { StorageError, type StoredFile } from '../../core/storage/index.ts'

/** Where one piece lies inside its batch's Blob. */
export interface PieceRow {
  readonly segment: number
  readonly shard: number
  readonly offset: number
  readonly length: number
  readonly path: Bytes
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

export interface TesseraSchema extends DBSchema {
  settings: { key: string; value: unknown }
  keys: { key: string; value: StoredKey }
  entries: { key: [RoomId, AccountId, number]; value: { id: EntryId; bytes: Bytes } }
  heads: { key: [RoomId, AccountId]; value: { seq: number; id: EntryId } }
  receipts: { key: [RoomId, AccountId]; value: Bytes }
  files: { key: FileId; value: StoredFile; indexes: { room: RoomId } }
  batches: { key: number; value: Blob }
  rows: { key: number; value: { file: FileId; rows: readonly PieceRow[] }; indexes: { file: FileId } }
  usage: { key: FileId; value: number }
}

export type Database = IDBPDatabase<TesseraSchema>
type Store = StoreNames<TesseraSchema>
type WriteTransaction = IDBPTransaction<TesseraSchema, Store[], 'readwrite'>

const version = 1

/**
 * Opens the profile's database. `onLost` is called when the browser closes it under us (cleared site data, disk gone) or a
 * newer tab needs to change its shape.
 */
export async function openDatabase(name: string, onLost: () => void): Promise<Database> {
  try {
    const database = await openDB<TesseraSchema>(name, version, {
      upgrade(db) {
        db.createObjectStore('settings')
        db.createObjectStore('keys')
        db.createObjectStore('entries')
        db.createObjectStore('heads')
        db.createObjectStore('receipts')
        db.createObjectStore('files', { keyPath: 'id' }).createIndex('room', 'room')
        db.createObjectStore('batches', { autoIncrement: true })
        db.createObjectStore('rows').createIndex('file', 'file')
        db.createObjectStore('usage')
      },
      blocking: (_current, _next, event) => {
        onLost()
        const target = event.target
        if (target instanceof IDBDatabase) target.close()
      },
      terminated: onLost,
    })
    return database
  } catch (cause) {
    throw storageError(cause)
  }
}

/**
 * Runs `work` in one strictly durable transaction and waits until the disk has it. When `work` or the disk refuses, nothing
 * of it is kept. Throws `QuotaExceededError` or `StorageError`; a `TesseraError` of `work` itself passes through.
 */
export async function write<T>(
  database: Database,
  stores: Store[],
  work: (transaction: WriteTransaction) => Promise<T>,
  neededBytes?: number,
): Promise<T> {
  let transaction: WriteTransaction
  try {
    transaction = database.transaction(stores, 'readwrite', { durability: 'strict' })
  } catch (cause) {
    throw storageError(cause, neededBytes)
  }
  // The transaction's own failure is read from `done` below or from `work`; never both as unhandled.
  transaction.done.catch(() => undefined)
  try {
    const result = await work(transaction)
    await transaction.done
    return result
  } catch (cause) {
    try {
      transaction.abort()
    } catch {
      // already over
    }
    throw storageError(cause, neededBytes)
  }
}

/** A read whose failure is named. */
export async function read<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw storageError(cause)
  }
}

function storageError(cause: unknown, neededBytes?: number): Error {
  if (cause instanceof Error && cause.name === 'HeadMovedError') return cause
  if (errorName(cause) === 'QuotaExceededError') {
    const needed = neededBytes === undefined ? {} : { neededBytes }
    return new QuotaExceededError('the browser allows no more bytes', { cause, ...needed })
  }
  return new StorageError(`the database failed: ${errorName(cause)}`, { cause })
}
