import { describe, expect, it } from 'vitest'
import type { AccountId, EntryId, FileId, RoomId } from '../../base/ids.ts'
import type { StoredFile, StoredPiece, Stores } from '../index.ts'

const room = 'room' as RoomId
const other = 'other' as RoomId
const ann = 'ann' as AccountId
const ben = 'ben' as AccountId
const bytes = (...values: number[]) => new Uint8Array(values)
const entry = (author: AccountId, seq: number, fork = '') => ({
  author,
  seq,
  id: `${author}-${seq}${fork}` as EntryId,
  bytes: bytes(seq),
})
const head = (author: AccountId, seq: number) => (seq < 0 ? undefined : entry(author, seq).id)
const file = (id: string, inRoom = room): StoredFile => ({
  id: id as FileId,
  room: inRoom,
  manifest: bytes(1, 2, 3),
  key: new Uint8Array(32),
  addedAt: 5,
  own: true,
  state: 'complete',
})
const piece = (segment: number, shard: number, size = 100): StoredPiece => ({
  segment,
  shard,
  bytes: new Uint8Array(size).fill(segment * 16 + shard),
  path: new Uint8Array(64).fill(shard),
})

/**
 * What every adapter of the storage ports must do.
 * @param open gives two handles on one fresh, empty profile, as two tabs have
 */
export function storesSuite(title: string, open: () => Promise<readonly [Stores, Stores]>): void {
  settingsSuite(title, open)
  logSuite(title, open)
  shardSuite(title, open)
}

function settingsSuite(title: string, open: () => Promise<readonly [Stores, Stores]>): void {
  describe(`${title}: settings`, () => {
    it('ST-1 keeps values until they are removed, for both handles', async () => {
      const [a, b] = await open()
      await a.settings.set('k', { text: 'x', raw: bytes(1, 2) })
      expect(await b.settings.get('k')).toEqual({ text: 'x', raw: bytes(1, 2) })
      await b.settings.delete('k')
      expect(await a.settings.get('k')).toBeUndefined()
    })
    it('ST-1 lists the keys of a prefix, sorted, and no others', async () => {
      const [a] = await open()
      for (const key of ['rooms/b', 'rooms/a', 'room', 'roomsx', 'rooms/\u{1f600}'])
        await a.settings.set(key, 1)
      expect(await a.settings.keys('rooms/')).toEqual(['rooms/a', 'rooms/b', 'rooms/\u{1f600}'])
    })
  })
}

function logSuite(title: string, open: () => Promise<readonly [Stores, Stores]>): void {
  describe(`${title}: logs`, () => {
    it('ST-2 appends in order and reads ranges and heads', async () => {
      const [{ logs }] = await open()
      for (let seq = 0; seq < 5; seq++) await logs.append(room, entry(ann, seq), head(ann, seq - 1))
      await logs.append(room, entry(ben, 0), undefined)
      await logs.append(other, entry(ann, 0), undefined)
      expect(await logs.range(room, ann, 1, 3)).toEqual([entry(ann, 1), entry(ann, 2)])
      expect(await logs.range(room, ann, 3, 99)).toHaveLength(2)
      expect(await logs.range(room, ann, 3, 3)).toEqual([])
      expect([...(await logs.heads(room))].sort()).toEqual([
        [ann, { seq: 4, id: 'ann-4' }],
        [ben, { seq: 0, id: 'ben-0' }],
      ])
    })
    it('ST-2 refuses a gap, a repeat and a fork with HeadMovedError and keeps what is there', async () => {
      const [{ logs }] = await open()
      await logs.append(room, entry(ann, 0), undefined)
      const moved = { name: 'HeadMovedError' }
      await expect(logs.append(room, entry(ann, 2), head(ann, 1))).rejects.toMatchObject(moved)
      await expect(logs.append(room, entry(ann, 0), undefined)).rejects.toMatchObject(moved)
      await expect(logs.append(room, entry(ann, 1), 'ann-0x' as EntryId)).rejects.toMatchObject(moved)
      expect(await logs.range(room, ann, 0, 9)).toEqual([entry(ann, 0)])
    })
    it('ST-2 lets two handles append at once without one position taken twice', async () => {
      const stores = await open()
      const each = 40
      const write = async ({ logs }: Stores, mark: string): Promise<void> => {
        for (let done = 0; done < each;) {
          const last = (await logs.heads(room)).get(ann)
          const next = entry(ann, (last?.seq ?? -1) + 1, mark)
          try {
            await logs.append(room, next, last?.id)
            done += 1
          } catch (error) {
            expect(error).toMatchObject({ name: 'HeadMovedError' })
          }
        }
      }
      await Promise.all(stores.map((store, i) => write(store, `-${i}`)))
      const all = await stores[0].logs.range(room, ann, 0, 999)
      expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: each * 2 }, (_, i) => i))
    })
    it('ST-3 keeps the latest receipt of each reader', async () => {
      const [{ logs }] = await open()
      await logs.putReceipt(room, ann, bytes(1))
      await logs.putReceipt(room, ann, bytes(2))
      await logs.putReceipt(other, ben, bytes(3))
      expect([...(await logs.receipts(room))]).toEqual([[ann, bytes(2)]])
    })
    it('ST-3 removes a room and nothing else', async () => {
      const [{ logs }] = await open()
      await logs.append(room, entry(ann, 0), undefined)
      await logs.append(other, entry(ann, 0), undefined)
      await logs.putReceipt(room, ann, bytes(1))
      await logs.deleteRoom(room)
      expect((await logs.heads(room)).size + (await logs.receipts(room)).size).toBe(0)
      expect((await logs.heads(other)).size).toBe(1)
    })
  })
}

function shardSuite(title: string, open: () => Promise<readonly [Stores, Stores]>): void {
  describe(`${title}: shards`, () => {
    it('ST-4 keeps files by room', async () => {
      const [{ shards }] = await open()
      await shards.putFile(file('f'))
      await shards.putFile(file('g', other))
      expect(await shards.file('f' as FileId)).toEqual(file('f'))
      expect((await shards.files(room)).map(({ id }) => id)).toEqual(['f'])
      expect(await shards.file('x' as FileId)).toBeUndefined()
    })
    it('ST-5 gives back pieces byte for byte, also to the other handle', async () => {
      const [a, b] = await open()
      const id = 'f' as FileId
      await a.shards.putPieces(id, [piece(0, 1), piece(0, 0, 0), piece(3, 2, 4096)])
      expect(await b.shards.piece(id, 3, 2)).toEqual(piece(3, 2, 4096))
      await b.shards.putPieces(id, [piece(1, 0)])
      expect(await a.shards.piece(id, 1, 0)).toEqual(piece(1, 0))
      expect(await a.shards.piece(id, 0, 0)).toEqual(piece(0, 0, 0))
      expect(await a.shards.piece(id, 9, 9)).toBeUndefined()
      expect([...(await a.shards.held(id))].sort()).toEqual([
        [0, [0, 1]],
        [1, [0]],
        [3, [2]],
      ])
    })
    it('ST-5 counts what it keeps and frees all of it', async () => {
      const [a, b] = await open()
      const id = 'f' as FileId
      await a.shards.putFile(file('f'))
      await a.shards.putPieces(id, [piece(0, 0), piece(0, 1)])
      await b.shards.putPieces('g' as FileId, [piece(0, 0)])
      expect(await b.shards.usage()).toEqual({
        totalBytes: 3 * 164,
        byFile: new Map([
          [id, 2 * 164],
          ['g', 164],
        ]),
      })
      await b.shards.deleteFile(id)
      expect(await a.shards.piece(id, 0, 0)).toBeUndefined()
      expect(await a.shards.file(id)).toBeUndefined()
      expect((await a.shards.held(id)).size).toBe(0)
      expect((await a.shards.usage()).totalBytes).toBe(164)
    })
  })
}
