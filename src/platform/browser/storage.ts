import type { Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, RoomId } from '../../core/base/ids.ts'
import {
  HeadMovedError,
  type LogStore,
  type SettingsStore,
  type Stores,
  type StoredEntry,
} from '../../core/storage/index.ts'
import { openDatabase, read, write, type Database } from './database.ts'
import { IdbShardStore } from './shard-store.ts'

/** The stores of this browser profile, in one IndexedDB database shared by all its tabs. */
export async function openBrowserStorage(
  options: { readonly name?: string; readonly onLost?: () => void } = {},
): Promise<Stores & { readonly database: Database }> {
  const database = await openDatabase(options.name ?? 'tessera', options.onLost ?? (() => undefined))
  return {
    database,
    settings: new IdbSettingsStore(database),
    logs: new IdbLogStore(database),
    shards: new IdbShardStore(database),
    close: () => database.close(),
    estimate: async () => {
      const { usage, quota } = await navigator.storage.estimate()
      return { usageBytes: usage ?? 0, quotaBytes: quota ?? 0 }
    },
    requestPersist: () => navigator.storage.persist(),
  }
}

class IdbSettingsStore implements SettingsStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  get(key: string): Promise<unknown> {
    return read(() => this.#database.get('settings', key))
  }
  async set(key: string, value: unknown): Promise<void> {
    await write(this.#database, ['settings'], (tx) => tx.objectStore('settings').put(value, key))
  }
  async delete(key: string): Promise<void> {
    await write(this.#database, ['settings'], (tx) => tx.objectStore('settings').delete(key))
  }
  keys(prefix: string): Promise<readonly string[]> {
    // The last code point there is ends every text with this prefix.
    return read(() => this.#database.getAllKeys('settings', IDBKeyRange.bound(prefix, `${prefix}\u{10ffff}`)))
  }
}

class IdbLogStore implements LogStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async append(room: RoomId, entry: StoredEntry, expectedHead: EntryId | undefined): Promise<void> {
    const { author, seq, id, bytes } = entry
    const work = write(
      this.#database,
      ['entries', 'heads'],
      async (tx) => {
        const head = await tx.objectStore('heads').get([room, author])
        if ((head?.seq ?? -1) + 1 !== seq || head?.id !== expectedHead) {
          throw new HeadMovedError(`expected the log to end before ${seq}, it ends at ${head?.seq ?? -1}`)
        }
        await tx.objectStore('entries').add({ id, bytes }, [room, author, seq])
        await tx.objectStore('heads').put({ seq, id }, [room, author])
      },
      bytes.byteLength,
    )
    await work
  }

  async heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>> {
    const range = ofRoom(room)
    return read(async () => {
      const tx = this.#database.transaction('heads')
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)])
      return new Map(keys.map((key, i) => [key[1], present(values[i])]))
    })
  }

  async range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]> {
    if (to <= from) return []
    const range = IDBKeyRange.bound([room, author, Math.max(0, from)], [room, author, to], false, true)
    return read(async () => {
      const tx = this.#database.transaction('entries')
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)])
      return keys.map((key, i) => ({ author, seq: key[2], ...present(values[i]) }))
    })
  }

  async putReceipt(room: RoomId, reader: AccountId, bytes: Bytes): Promise<void> {
    await write(this.#database, ['receipts'], (tx) => tx.objectStore('receipts').put(bytes, [room, reader]))
  }

  async receipts(room: RoomId): Promise<ReadonlyMap<AccountId, Bytes>> {
    const range = ofRoom(room)
    return read(async () => {
      const tx = this.#database.transaction('receipts')
      const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range)])
      return new Map(keys.map((key, i) => [key[1], present(values[i])]))
    })
  }

  async deleteRoom(room: RoomId): Promise<void> {
    const range = ofRoom(room)
    await write(this.#database, ['entries', 'heads', 'receipts'], (tx) =>
      Promise.all([
        tx.objectStore('entries').delete(range),
        tx.objectStore('heads').delete(range),
        tx.objectStore('receipts').delete(range),
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
