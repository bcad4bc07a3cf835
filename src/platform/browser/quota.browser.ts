import { describe, expect, it, onTestFinished } from 'vitest'
import type { AccountId, EntryId, FileId, RoomId } from '../../core/base/ids.ts'
import type { StoredEntry, StoredFile, StoredPiece } from '../../core/storage/index.ts'
import type { BrowserStores } from './storage.ts'
import { openTwice } from './testing/open-profile.ts'

// Ids as the stores take them: any text.
const [room, ann, f] = ['room' as RoomId, 'ann' as AccountId, 'f' as FileId]

const entry = (seq: number): StoredEntry => ({
  ...{ author: ann, seq, id: `e${String(seq)}` as EntryId, bytes: new Uint8Array(9).fill(seq) },
})
const piece = (shard: number, fill = 1): StoredPiece => ({
  ...{ segment: 0, shard, bytes: new Uint8Array(50).fill(fill), path: new Uint8Array(32) },
})
const file = (state: StoredFile['state']): StoredFile => ({
  ...{ id: f, room, manifest: new Uint8Array(20), addedAt: 1, own: true, state },
})

/** Every verb of the stores that writes, on stores that hold something already. */
const verbs: Readonly<Record<string, (stores: BrowserStores) => Promise<void>>> = {
  'settings.set': ({ settings }) => settings.set('k', 2),
  'settings.set of a new key': ({ settings }) => settings.set('new', 2),
  'settings.delete': ({ settings }) => settings.delete('k'),
  'logs.append': ({ logs }) => logs.append(room, entry(1), entry(0).id),
  'logs.appendAll': ({ logs }) => logs.appendAll(room, [entry(1), entry(2), entry(3)], entry(0).id),
  'logs.putReceipt': ({ logs }) => logs.putReceipt(room, ann, new Uint8Array(3)),
  'logs.deleteRoom': ({ logs }) => logs.deleteRoom(room),
  'shards.putFile': ({ shards }) => shards.putFile(file('complete')),
  'shards.putPieces of new positions': ({ shards }) => shards.putPieces(f, [piece(2), piece(3)]),
  'shards.putPieces over a part of a batch': ({ shards }) => shards.putPieces(f, [piece(1, 9), piece(2, 9)]),
  'shards.putPieces over a whole batch': ({ shards }) => shards.putPieces(f, [piece(0, 9), piece(1, 9)]),
  'shards.deleteFile': ({ shards }) => shards.deleteFile(f),
}

async function prepare({ settings, logs, shards }: BrowserStores): Promise<void> {
  await settings.set('k', 1)
  await logs.append(room, entry(0), undefined)
  await logs.putReceipt(room, ann, new Uint8Array(2))
  await shards.putFile(file('partial'))
  await shards.putPieces(f, [piece(0), piece(1)])
}

/** All that the stores show, as another tab sees it. */
async function seen({ settings, logs, shards }: BrowserStores): Promise<unknown> {
  const keys = await settings.keys('')
  return {
    settings: await Promise.all(keys.map(async (key) => [key, await settings.get(key)])),
    heads: await logs.heads(room),
    entries: await logs.range(room, ann, 0, 99),
    receipts: await logs.receipts(room),
    files: await shards.files(room),
    held: await shards.held(f),
    pieces: await shards.pieces(
      f,
      [0, 1, 2, 3].map((shard) => ({ segment: 0, shard })),
    ),
    usage: await shards.usage(),
  }
}

const writes = ['put', 'add', 'delete'] as const

/**
 * Lets the disk be full at the n-th write request of the page, in the way named: the request is refused at once, or it is taken
 * and the transaction turns out to have no room. Returns how many requests there were, and what takes it away again.
 */
function fillDisk(at: number, how: 'request' | 'transaction'): { count(): number; restore(): void } {
  let count = 0
  const { prototype } = IDBObjectStore
  const originals = writes.map((name) => [name, prototype[name]] as const)
  for (const [name, original] of originals) {
    const faulty = function (this: IDBObjectStore, ...args: unknown[]): IDBRequest {
      const isHit = count++ === at
      if (isHit && how === 'request') throw new DOMException('full', 'QuotaExceededError')
      const request = Reflect.apply(original, this, args) as IDBRequest // what all three return
      if (isHit) {
        const { transaction } = this
        request.addEventListener('success', () => {
          Object.defineProperty(transaction, 'error', {
            value: new DOMException('full', 'QuotaExceededError'),
          })
          transaction.abort()
        })
      }
      return request
    }
    Object.defineProperty(prototype, name, { value: faulty, configurable: true, writable: true })
  }
  const restore = (): void => {
    for (const [name, original] of originals)
      Object.defineProperty(prototype, name, { value: original, configurable: true, writable: true })
  }
  onTestFinished(restore)
  return { count: () => count, restore }
}

describe.each(['request', 'transaction'] as const)('IndexedDB: a disk that is full at a %s', (how) => {
  it.each(Object.entries(verbs))(
    'ST-6 %s keeps nothing of itself at every write, and all that was there',
    async (_, verb) => {
      for (let at = 0; ; at++) {
        const [a, b] = await openTwice()
        await prepare(a)
        const before = await seen(b)
        const disk = fillDisk(at, how)
        const outcome = await verb(a).then(
          () => undefined,
          (error: unknown) => error,
        )
        disk.restore()
        if (outcome === undefined) {
          // Every write of the verb has been refused once, and there is no write that did not count.
          expect(at).toBeGreaterThan(0)
          expect(disk.count()).toBe(at)
          expect(await seen(b)).not.toEqual(before)
          return
        }
        expect(outcome).toMatchObject({ name: 'QuotaExceededError' })
        expect(await seen(a)).toEqual(before)
        expect(await seen(b)).toEqual(before)
        await verb(a) // works once there is room
        expect(await seen(b)).not.toEqual(before)
      }
    },
  )
})

describe('IndexedDB: durability', () => {
  it('every transaction that writes is strict, so that what is acknowledged is on the disk', async () => {
    const [a] = await openTwice()
    const { prototype } = IDBDatabase
    const begin = prototype.transaction
    const asked: unknown[] = []
    prototype.transaction = function (this: IDBDatabase, ...args) {
      const transaction = begin.apply(this, args)
      if (transaction.mode === 'readwrite') asked.push(transaction.durability)
      return transaction
    }
    onTestFinished(() => void (prototype.transaction = begin))
    await prepare(a)
    for (const verb of Object.values(verbs)) await verb(a).catch(() => undefined)
    expect(asked.length).toBeGreaterThan(Object.keys(verbs).length)
    expect(new Set(asked)).toEqual(new Set(['strict']))
  })
})
