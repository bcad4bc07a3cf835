import { deleteDB, openDB, unwrap } from 'idb'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { AccountId, EntryId, FileId, RoomId } from '../../core/base/ids.ts'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import { storesSuite } from '../../core/storage/testing/stores-suite.ts'
import { Connection, write } from './database.ts'
import { openSchema } from './schema.ts'
import { openBrowserStorage } from './storage.ts'
import { openTwice } from './testing/open-profile.ts'

storesSuite('IndexedDB', async () => {
  const [a, b] = await openTwice()
  return [a, b]
})

const failed = { name: 'StorageError' }
const f = 'f' as FileId
const piece = (shard: number) => ({ segment: 0, shard, bytes: new Uint8Array(50), path: new Uint8Array(32) })

describe('IndexedDB: failures', () => {
  it('ST-6 keeps nothing of a transaction that is cut off in the middle', async () => {
    const [a, b] = await openTwice()
    const cut = write(a.database, ['settings'], async (tx) => {
      await tx.objectStore('settings').put(1, 'half')
      throw new Error('power gone')
    })
    await expect(cut).rejects.toMatchObject(failed)
    expect(await b.settings.get('half')).toBeUndefined()
  })
  it('ST-6 an append whose transaction is aborted changes neither entries nor heads', async () => {
    const [a, b] = await openTwice()
    const [room, ann] = ['room' as RoomId, 'ann' as AccountId]
    const entry = { author: ann, seq: 0, id: 'e' as EntryId, bytes: new Uint8Array(3) }
    const database = await a.database.database()
    const undo = abortNextWrite(unwrap(database))
    await expect(a.logs.append(room, entry, undefined)).rejects.toMatchObject(failed)
    undo()
    expect((await b.logs.heads(room)).size).toBe(0)
    expect(await b.logs.range(room, ann, 0, 9)).toEqual([])
    await b.logs.append(room, entry, undefined)
  })
  it('ST-6 pieces whose transaction is aborted are neither held nor counted, nor believed held', async () => {
    const [a, b] = await openTwice()
    await a.shards.putPieces(f, [piece(0)])
    const undo = abortNextWrite(unwrap(await a.database.database()))
    await expect(a.shards.putPieces(f, [piece(0), piece(1)])).rejects.toMatchObject(failed)
    undo()
    for (const { shards } of [a, b]) {
      expect(await shards.piece(f, 0, 1)).toBeUndefined()
      expect(await shards.piece(f, 0, 0)).toEqual(piece(0))
      expect((await shards.usage()).totalBytes).toBe(82)
    }
  })
  it('ST-6 names a full disk and what was needed, also when only the transaction knows', async () => {
    const [a] = await openTwice()
    const full = new DOMException('full', 'QuotaExceededError')
    const needed = { name: 'QuotaExceededError', neededBytes: 4096 }
    await expect(write(a.database, ['settings'], () => Promise.reject(full), 4096)).rejects.toMatchObject(
      needed,
    )
    const told = write(
      a.database,
      ['settings'],
      (tx) => {
        // What a request says when its transaction ran out of space; the reason is on the transaction.
        Object.defineProperty(unwrap(tx), 'error', { value: full })
        tx.abort()
        return Promise.reject(new DOMException('aborted', 'AbortError'))
      },
      4096,
    )
    await expect(told).rejects.toMatchObject(needed)
  })
  it('ST-6 names a value that cannot be kept', async () => {
    const [a] = await openTwice()
    await expect(a.settings.set('k', () => undefined)).rejects.toMatchObject(failed)
    expect(await a.settings.keys('')).toEqual([])
  })
  it('ST-6 names the use of a closed database', async () => {
    const [a] = await openTwice()
    a.close()
    await expect(a.settings.get('k')).rejects.toMatchObject(failed)
    await expect(a.shards.piece(f, 0, 0)).rejects.toMatchObject(failed)
    await expect(a.settings.set('k', 1)).rejects.toMatchObject(failed)
  })
})

describe('IndexedDB: writes', () => {
  it('ST-13 follow one another, whatever they touch and whichever page they are of', async () => {
    const [, , name] = await openTwice()
    const pages = [0, 1].map(() => new Connection({ name, onLost: () => undefined }))
    onTestFinished(() => pages.forEach((page) => page.close()))
    const order: string[] = []
    const stores = ['settings', 'heads', 'usage', 'rows'] as const
    await Promise.all(
      stores.map((store, i) =>
        write(pages[i % 2] as Connection, [store], async (tx) => {
          for (let n = 0; n < 5; n++) {
            await tx.objectStore(store).count()
            order.push(store)
          }
        }),
      ),
    )
    const turns = order.filter((store, i) => store !== order[i - 1])
    expect(turns.toSorted()).toEqual([...stores].toSorted())
  })
})

describe('IndexedDB: pieces on disk', () => {
  it('ST-5 leaves no record behind once a file is removed or its batches are overwritten', async () => {
    const [a, b] = await openTwice()
    await a.shards.putPieces(f, [piece(0), piece(1)])
    await b.shards.putPieces(f, [piece(1), piece(2)])
    await a.shards.putPieces(f, [piece(0)])
    const database = await a.database.database()
    expect(await database.count('batches')).toBe(2)
    await a.shards.deleteFile(f)
    for (const store of ['batches', 'rows', 'usage', 'files'] as const)
      expect(await database.count(store)).toBe(0)
  })
  it('ST-5 a piece whose batch is gone from the disk is a missing piece', async () => {
    const [a] = await openTwice()
    await a.shards.putPieces(f, [piece(0)])
    await (await a.database.database()).clear('batches')
    expect(await a.shards.piece(f, 0, 0)).toBeUndefined()
  })
  it('ST-5 pieces that lie together are read from the disk once, and are gone as soon as another tab removed them', async () => {
    const [a, b] = await openTwice()
    const bytes = vi.spyOn(Blob.prototype, 'arrayBuffer')
    onTestFinished(() => bytes.mockRestore())
    await a.shards.putPieces(f, [piece(0), piece(1), piece(2), piece(3)])
    const pair = [0, 1].map((shard) => ({ segment: 0, shard }))
    expect(await a.shards.pieces(f, pair)).toEqual([piece(0), piece(1)])
    for (const shard of [2, 3]) expect(await a.shards.piece(f, 0, shard)).toEqual(piece(shard))
    expect(bytes).toHaveBeenCalledTimes(1)
    await b.shards.deleteFile(f)
    expect(await a.shards.piece(f, 0, 1)).toBeUndefined()
  })
  it('ST-5 neighbours that are a part of their batch are read together, scattered ones with all of it', async () => {
    const [a] = await openTwice()
    const bytes = vi.spyOn(Blob.prototype, 'arrayBuffer')
    onTestFinished(() => bytes.mockRestore())
    const pieces = Array.from({ length: 20 }, (_, shard) => piece(shard))
    await a.shards.putPieces(f, pieces)
    const read = (...shards: number[]) =>
      a.shards.pieces(
        f,
        shards.map((shard) => ({ segment: 0, shard })),
      )
    expect(await read(4, 5, 6)).toEqual([piece(4), piece(5), piece(6)])
    expect(bytes).toHaveBeenCalledTimes(1)
    expect(await read(0, 9, 19)).toEqual([piece(0), piece(9), piece(19)])
    expect(bytes).toHaveBeenCalledTimes(2)
    expect(await read(1, 2)).toEqual([piece(1), piece(2)])
    expect(bytes).toHaveBeenCalledTimes(2)
  })
  it('ST-5 a piece far smaller than its batch is read alone', async () => {
    const [a] = await openTwice()
    const bytes = vi.spyOn(Blob.prototype, 'arrayBuffer')
    onTestFinished(() => bytes.mockRestore())
    const pieces = Array.from({ length: 20 }, (_, shard) => piece(shard))
    await a.shards.putPieces(f, pieces)
    expect(await a.shards.piece(f, 0, 7)).toEqual(piece(7))
    expect(await a.shards.piece(f, 0, 8)).toEqual(piece(8))
    expect(bytes).toHaveBeenCalledTimes(2)
  })
})

describe('IndexedDB: a connection that goes away', () => {
  it('ST-8 opens the database again when the browser dropped it', async () => {
    let lost = 0
    const [a] = await openTwice(() => (lost += 1))
    await a.settings.set('k', 1)
    const raw = unwrap(await a.database.database())
    raw.close()
    raw.dispatchEvent(new Event('close'))
    expect(await a.settings.get('k')).toBe(1)
    unwrap(await a.database.database()).close() // dropped without a word
    await a.settings.set('k', 2)
    expect(await a.settings.get('k')).toBe(2)
    expect(lost).toBe(0)
  })
  it('ST-8 does not take a wiped database for the old one, and says once that it is lost', async () => {
    let lost = 0
    const [a, b, name] = await openTwice(() => (lost += 1))
    const raw = unwrap(await a.database.database())
    raw.close()
    b.close()
    await deleteDB(name)
    raw.dispatchEvent(new Event('close'))
    await expect(a.settings.get('k')).rejects.toMatchObject(failed)
    await expect(a.settings.set('k', 1)).rejects.toMatchObject(failed)
    expect(lost).toBe(1)
  })
  it('ST-8 lets a newer version have the database, and says once that it is lost', async () => {
    let lost = 0
    const [a, , name] = await openTwice(() => (lost += 1))
    const newer = await openDB(name, 99)
    newer.close()
    await expect(a.settings.get('k')).rejects.toMatchObject(failed)
    expect(lost).toBe(1)
  })
  it('ST-8 a database of a newer version is refused in words', async () => {
    const name = `newer-${crypto.randomUUID()}`
    ;(await openDB(name, 99)).close()
    onTestFinished(() => deleteDB(name))
    await expect(openBrowserStorage({ name })).rejects.toMatchObject({ name: 'StorageOutdatedError' })
  })
  it('ST-8 an opening that an older tab blocks is refused after 5 s, and lets go when it comes after all', async () => {
    const name = `blocked-${crypto.randomUUID()}`
    onTestFinished(() => deleteDB(name))
    const clock = new ManualClock()
    let unblock = (): void => undefined
    const connection = new Connection({
      name,
      onLost: () => undefined,
      clock,
      open: async (...args) => {
        args[2].blocked()
        await new Promise<void>((resolve) => (unblock = resolve))
        return await openSchema(...args)
      },
    })
    const refused = expect(connection.database()).rejects.toThrow(/older version: close it/)
    await clock.advance(5_000)
    await refused
    unblock()
    await deleteDB(name) // waits for as long as somebody holds the database
    expect(clock.pending).toBe(0)
  })
  it('ST-8 an opening that never ends is refused after a minute', async () => {
    const name = `hung-${crypto.randomUUID()}`
    const clock = new ManualClock()
    const open = () => new Promise<never>(() => undefined)
    const refused = expect(
      new Connection({ name, onLost: () => undefined, clock, open }).database(),
    ).rejects.toMatchObject(failed)
    await clock.advance(60_000)
    await refused
  })
})

describe('IndexedDB: space', () => {
  it('gives an estimate of usage and quota, and an answer to persistence', async () => {
    const [a] = await openTwice()
    const { usageBytes, quotaBytes } = await a.estimate()
    expect(usageBytes).toBeGreaterThanOrEqual(0)
    expect(quotaBytes).toBeGreaterThan(2 ** 20)
    expect(typeof (await a.requestPersist())).toBe('boolean')
  })
})

/** Aborts the next write transaction after its last request, as a crash would; the returned function stops it. */
function abortNextWrite(database: IDBDatabase): () => void {
  const begin = database.transaction.bind(database)
  database.transaction = (...args: Parameters<IDBDatabase['transaction']>) => {
    const transaction = begin(...args)
    if (transaction.mode !== 'readwrite') return transaction
    let quiet = 0
    const watch = (): void => {
      // The last request's event has passed when nothing was asked in two turns of this store's queue.
      quiet += 1
      if (quiet > 2) return transaction.abort()
      const store = transaction.objectStore(transaction.objectStoreNames[0] ?? '')
      store.count().addEventListener('success', watch)
    }
    watch()
    return transaction
  }
  return () => {
    database.transaction = begin
  }
}
