import { describe, expect, it } from 'vitest'
import type { AccountId, EntryId, RoomId } from '../../base/ids.ts'
import type { LogStore, StoredEntry } from '../index.ts'

const room = 'room' as RoomId
const other = 'other' as RoomId
const ann = 'ann' as AccountId
const ben = 'ben' as AccountId
const bytes = (...values: number[]) => new Uint8Array(values)
const entry = (author: AccountId, seq: number, fork = ''): StoredEntry => ({
  author,
  seq,
  id: `${author}-${String(seq)}${fork}` as EntryId,
  bytes: bytes(seq % 256, 7),
})
const head = (author: AccountId, seq: number) => (seq < 0 ? undefined : entry(author, seq).id)
const moved = { name: 'HeadMovedError' }

/**
 * What every {@link LogStore} must do.
 * @param open gives two handles on one fresh, empty profile, as two tabs have
 */
export function logStoreSuite(title: string, open: () => Promise<readonly [LogStore, LogStore]>): void {
  describe(`${title}: logs`, () => {
    it('ST-2 appends in order and reads ranges and heads', async () => {
      const [logs] = await open()
      for (let seq = 0; seq < 5; seq++) await logs.append(room, entry(ann, seq), head(ann, seq - 1))
      await logs.append(room, entry(ben, 0), undefined)
      await logs.append(other, entry(ann, 0), undefined)
      expect(await logs.range(room, ann, 1, 3)).toEqual([entry(ann, 1), entry(ann, 2)])
      expect(await logs.range(room, ann, 3, 99)).toHaveLength(2)
      expect(await logs.range(room, ann, 3, Number.MAX_SAFE_INTEGER)).toHaveLength(2)
      expect(await logs.range(room, ann, -4, 1)).toEqual([entry(ann, 0)])
      expect(await logs.range(room, ann, 3, 3)).toEqual([])
      expect(await logs.range(room, ann, 9, 12)).toEqual([])
      expect([...(await logs.heads(room))].sort()).toEqual([
        [ann, { seq: 4, id: 'ann-4' }],
        [ben, { seq: 0, id: 'ben-0' }],
      ])
    })
    it('ST-2 an unknown room or author is an empty log', async () => {
      const [logs] = await open()
      expect((await logs.heads(room)).size).toBe(0)
      expect(await logs.range(room, ann, 0, 9)).toEqual([])
      expect((await logs.receipts(room)).size).toBe(0)
    })
    it('ST-2 refuses a gap, a repeat and a fork with HeadMovedError and keeps what is there', async () => {
      const [logs] = await open()
      await expect(logs.append(room, entry(ann, 0), head(ann, 0))).rejects.toMatchObject(moved)
      await expect(logs.append(room, entry(ann, 1), undefined)).rejects.toMatchObject(moved)
      await logs.append(room, entry(ann, 0), undefined)
      await expect(logs.append(room, entry(ann, 2), head(ann, 1))).rejects.toMatchObject(moved)
      await expect(logs.append(room, entry(ann, 0), undefined)).rejects.toMatchObject(moved)
      await expect(logs.append(room, entry(ann, 1), 'ann-0x' as EntryId)).rejects.toMatchObject(moved)
      expect(await logs.range(room, ann, 0, 9)).toEqual([entry(ann, 0)])
    })
    it('ST-2 lets two handles make 200 appends at once without one position taken twice', async () => {
      const handles = await open()
      const each = 100
      const write = async (logs: LogStore, mark: string): Promise<void> => {
        for (let done = 0; done < each;) {
          const last = (await logs.heads(room)).get(ann)
          const next = entry(ann, (last?.seq ?? -1) + 1, mark)
          try {
            await logs.append(room, next, last?.id)
            done += 1
          } catch (error) {
            expect(error).toMatchObject(moved)
          }
        }
      }
      await Promise.all(handles.map((logs, i) => write(logs, `-${String(i)}`)))
      const all = await handles[0].range(room, ann, 0, 999)
      expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: each * 2 }, (_, i) => i))
      for (const mark of ['-0', '-1']) expect(all.filter(({ id }) => id.endsWith(mark))).toHaveLength(each)
    })
    it('ST-2 of many appends to one position at the same moment exactly one wins', async () => {
      const [a, b] = await open()
      const tries = [a, b, a, b, a, b].map((logs, i) =>
        logs.append(room, entry(ann, 0, `-${String(i)}`), undefined),
      )
      const outcomes = await Promise.allSettled(tries)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(moved)
      }
      expect(await a.range(room, ann, 0, 9)).toHaveLength(1)
    })
    it('ST-2 appends a run as a whole, between single entries, and reads any part of it', async () => {
      const [a, b] = await open()
      const run = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => entry(ann, from + i))
      await a.appendAll(room, [], undefined)
      expect((await b.heads(room)).size).toBe(0)
      await a.appendAll(room, run(0, 3), undefined)
      await b.append(room, entry(ann, 3), head(ann, 2))
      await b.appendAll(room, run(4, 200), head(ann, 3))
      await a.appendAll(room, run(200, 201), head(ann, 199))
      await a.append(room, entry(ann, 201), head(ann, 200))
      expect((await b.heads(room)).get(ann)).toEqual({ seq: 201, id: 'ann-201' })
      const pairs = [
        [0, 202],
        [1, 2],
        [2, 6],
        [150, 160],
        [199, 999],
        [202, 210],
      ] as const
      for (const [from, to] of pairs)
        expect(await b.range(room, ann, from, to)).toEqual(run(from, Math.max(from, Math.min(to, 202))))
    })
    it('ST-2 refuses a run that does not follow the head with HeadMovedError, and takes none of it', async () => {
      const [a, b] = await open()
      const run = [entry(ann, 1), entry(ann, 2), entry(ann, 3)]
      await expect(a.appendAll(room, run, undefined)).rejects.toMatchObject(moved)
      await a.appendAll(room, [entry(ann, 0), ...run], undefined)
      for (const logs of [a, b]) {
        await expect(logs.appendAll(room, run, head(ann, 0))).rejects.toMatchObject(moved)
        // Inside the run: the position is taken though no single entry was written there.
        await expect(logs.append(room, entry(ann, 2, 'x'), head(ann, 1))).rejects.toMatchObject(moved)
        await expect(logs.append(room, entry(ann, 1, 'x'), head(ann, 0))).rejects.toMatchObject(moved)
        await expect(logs.appendAll(room, [entry(ann, 4)], 'other' as EntryId)).rejects.toMatchObject(moved)
        await expect(logs.appendAll(room, [entry(ann, 6)], head(ann, 5))).rejects.toMatchObject(moved)
      }
      expect(await b.range(room, ann, 0, 9)).toEqual([entry(ann, 0), ...run])
    })
    it('ST-2 refuses a run with a gap or of two authors with StorageError, and takes none of it', async () => {
      const [logs] = await open()
      const gap = [entry(ann, 0), entry(ann, 2)]
      const mixed = [entry(ann, 0), entry(ben, 1)]
      for (const run of [gap, mixed])
        await expect(logs.appendAll(room, run, undefined)).rejects.toMatchObject({ name: 'StorageError' })
      expect((await logs.heads(room)).size).toBe(0)
    })
    it('ST-2 of runs and entries to one position at the same moment exactly one is kept, and whole', async () => {
      const [a, b] = await open()
      const tries = [a, b, a, b].map((logs, i) => {
        const mark = `-${String(i)}`
        const run = Array.from({ length: i + 1 }, (_, seq) => entry(ann, seq, mark))
        return logs.appendAll(room, run, undefined)
      })
      const outcomes = await Promise.allSettled(tries)
      const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
      expect(winners).toHaveLength(1)
      const kept = await b.range(room, ann, 0, 9)
      expect(kept).toHaveLength((winners[0] ?? 0) + 1)
      expect(new Set(kept.map(({ id }) => id.split('-').at(-1)))).toEqual(new Set([String(winners[0])]))
    })
    it('ST-3 keeps the latest receipt of each reader', async () => {
      const [a, b] = await open()
      await a.putReceipt(room, ann, bytes(1))
      await b.putReceipt(room, ann, bytes(2))
      await a.putReceipt(other, ben, bytes(3))
      expect([...(await a.receipts(room))]).toEqual([[ann, bytes(2)]])
    })
    it('ST-3 removes a room and nothing else, and the room may begin anew', async () => {
      const [a, b] = await open()
      await a.append(room, entry(ann, 0), undefined)
      await a.append(other, entry(ann, 0), undefined)
      await a.putReceipt(room, ann, bytes(1))
      await b.deleteRoom(room)
      await b.deleteRoom(room)
      expect((await a.heads(room)).size + (await a.receipts(room)).size).toBe(0)
      expect((await a.heads(other)).size).toBe(1)
      await a.append(room, entry(ann, 0, 'new'), undefined)
      expect((await b.heads(room)).get(ann)?.id).toBe('ann-0new')
    })
    it('ST-7 keeps the bytes of a view, which the caller may reuse', async () => {
      const [logs] = await open()
      const buffer = new Uint8Array(1_000).fill(9)
      const view = buffer.subarray(10, 12)
      await logs.append(room, { ...entry(ann, 0), bytes: view }, undefined)
      await logs.putReceipt(room, ann, view)
      buffer.fill(1)
      const [kept] = await logs.range(room, ann, 0, 1)
      expect(kept?.bytes).toEqual(bytes(9, 9))
      expect(kept?.bytes.buffer.byteLength).toBe(2)
      expect((await logs.receipts(room)).get(ann)).toEqual(bytes(9, 9))
      kept?.bytes.fill(5)
      expect((await logs.range(room, ann, 0, 1))[0]?.bytes).toEqual(bytes(9, 9))
    })
  })
}
