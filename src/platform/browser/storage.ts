import { copyBytes, type Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, RoomId } from '../../core/base/ids.ts'
import {
  checkRun,
  HeadMovedError,
  type LogStore,
  type SettingsStore,
  type Stores,
  type StoredEntry,
} from '../../core/storage/index.ts'
import { allOf, Connection, read, write, type WriteTransaction } from './database.ts'
import { careForLog } from './log-care.ts'
import { ScratchShardStore } from './scratch-shard-store.ts'
import { IdbShardStore } from './shard-store.ts'

/** Stores in IndexedDB, with the connection that the key vault shares. */
export type BrowserStores = Stores & { readonly database: Connection }

/**
 * The stores of this browser profile, in one IndexedDB database shared by all its tabs. `onLost` is called once when the data
 * was wiped or taken over by a newer version while this page was open: nothing can be stored until it is loaded again.
 * Throws `StorageDeniedError` when there is no database to be had (private windows of some browsers), `StorageBlockedError`,
 * `StorageOutdatedError`, `QuotaExceededError`, `StorageError`.
 */
export async function openBrowserStorage(
  options: { readonly name?: string; readonly onLost?: () => void } = {},
): Promise<BrowserStores> {
  const { name = 'tessera', onLost = () => undefined } = options
  const connection = new Connection({ name, onLost })
  await connection.database()
  if ('locks' in navigator) {
    const care = careForLog({ name, connection, locks: navigator.locks, page: window })
    care.catch(() => undefined) // the next page tries again
  }
  const shards = new ScratchShardStore(new IdbShardStore(connection), async () => {
    const { PieceLogs } = await import('./piece-logs.ts') // as its worker, there only with need
    return new PieceLogs(`${name}-pieces`)
  })
  return {
    database: connection,
    settings: new IdbSettingsStore(connection),
    logs: new IdbLogStore(connection),
    shards,
    close: () => {
      shards.close()
      connection.close()
    },
    estimate: async () => {
      const { usage = 0, quota = 0 } = (await storageManager()?.estimate()) ?? {}
      return { usageBytes: usage, quotaBytes: quota }
    },
    requestPersist: async () => (await storageManager()?.persist()) ?? false,
  }
}

/** Absent outside a secure context. */
function storageManager(): StorageManager | undefined {
  return 'storage' in navigator ? navigator.storage : undefined
}

class IdbSettingsStore implements SettingsStore {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get(key: string): Promise<unknown> {
    return read(this.#connection, ['settings'], (tx) => tx.objectStore('settings').get(key))
  }
  async set(key: string, value: unknown): Promise<void> {
    await write(this.#connection, ['settings'], (tx) => tx.objectStore('settings').put(value, key))
  }
  async delete(key: string): Promise<void> {
    await write(this.#connection, ['settings'], (tx) => tx.objectStore('settings').delete(key))
  }
  async keys(prefix: string): Promise<readonly string[]> {
    // There is no last text with a prefix to end the range at; settings are few.
    const range = IDBKeyRange.lowerBound(prefix)
    const keys = await read(this.#connection, ['settings'], (tx) =>
      tx.objectStore('settings').getAllKeys(range),
    )
    return keys.filter((key) => key.startsWith(prefix))
  }
}

class IdbLogStore implements LogStore {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  append(room: RoomId, entry: StoredEntry, expectedHead: EntryId | undefined): Promise<void> {
    return this.appendAll(room, [entry], expectedHead)
  }

  async appendAll(
    room: RoomId,
    entries: readonly StoredEntry[],
    expectedHead: EntryId | undefined,
  ): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return
    checkRun(entries)
    const { author, seq } = first
    const rows = entries.map(({ id, bytes }) => ({ id, bytes: copyBytes(bytes) }))
    const compareAndAppend = async (tx: WriteTransaction): Promise<void> => {
      const head = await tx.objectStore('heads').get([room, author])
      const length = (head?.seq ?? -1) + 1
      if (length !== seq || head?.id !== expectedHead) {
        throw new HeadMovedError(`expected the log to end before ${String(seq)}, it has ${String(length)}`)
      }
      const store = tx.objectStore('entries')
      await allOf([
        ...rows.map((row, i) => () => store.add(row, [room, author, seq + i])),
        () => tx.objectStore('heads').put({ seq: last.seq, id: last.id }, [room, author]),
      ])
    }
    const neededBytes = rows.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
    await write(this.#connection, ['entries', 'heads'], compareAndAppend, neededBytes)
  }

  async heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>> {
    return await read(this.#connection, ['heads'], async (tx) => {
      const heads = tx.objectStore('heads')
      const [keys, values] = await Promise.all([heads.getAllKeys(ofRoom(room)), heads.getAll(ofRoom(room))])
      return new Map(keys.map((key, i) => [key[1], present(values[i])]))
    })
  }

  async range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]> {
    const first = Math.max(0, from)
    if (to <= first) return []
    const range = IDBKeyRange.bound([room, author, first], [room, author, to], false, true)
    return await read(this.#connection, ['entries'], async (tx) => {
      const entries = tx.objectStore('entries')
      const [keys, values] = await Promise.all([entries.getAllKeys(range), entries.getAll(range)])
      return keys.map((key, i) => ({ author, seq: key[2], ...present(values[i]) }))
    })
  }

  async putReceipt(room: RoomId, reader: AccountId, bytes: Bytes): Promise<void> {
    const own = copyBytes(bytes)
    const put = (tx: WriteTransaction) => tx.objectStore('receipts').put(own, [room, reader])
    await write(this.#connection, ['receipts'], put, own.byteLength)
  }

  async receipts(room: RoomId): Promise<ReadonlyMap<AccountId, Bytes>> {
    return await read(this.#connection, ['receipts'], async (tx) => {
      const store = tx.objectStore('receipts')
      const [keys, values] = await Promise.all([store.getAllKeys(ofRoom(room)), store.getAll(ofRoom(room))])
      return new Map(keys.map((key, i) => [key[1], present(values[i])]))
    })
  }

  async deleteRoom(room: RoomId): Promise<void> {
    await write(this.#connection, ['entries', 'heads', 'receipts'], (tx) =>
      allOf([
        () => tx.objectStore('entries').delete(ofRoom(room)),
        () => tx.objectStore('heads').delete(ofRoom(room)),
        () => tx.objectStore('receipts').delete(ofRoom(room)),
      ]),
    )
  }
}

/** Every key that starts with the room; an empty list sorts after all texts and numbers (IndexedDB section 2.4). */
function ofRoom(room: RoomId): IDBKeyRange {
  return IDBKeyRange.bound([room], [room, []])
}

/** Keys and values of one read have the same length. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a key without its value')
  return value
}
