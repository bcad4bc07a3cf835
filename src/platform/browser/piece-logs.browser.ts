import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FileId, RoomId } from '../../core/base/ids.ts'
import { createMemoryStorage, type StoredPiece } from '../../core/storage/index.ts'
import { PieceLogs } from './piece-logs.ts'
import { ScratchShardStore } from './scratch-shard-store.ts'

const f = 'f' as FileId
const piece = (shard: number, fill = shard): StoredPiece => ({
  ...{ segment: 3, shard },
  bytes: new Uint8Array(5_000).fill(fill),
  path: new Uint8Array(64).fill(fill),
})
const at = (...shards: number[]) => shards.map((shard) => ({ segment: 3, shard }))

function folder(): string {
  const name = `test-${crypto.randomUUID()}`
  onTestFinished(async () => {
    const top = await navigator.storage.getDirectory()
    await top.removeEntry(name, { recursive: true }).catch(() => undefined)
  })
  return name
}

function opened(name: string, createWorker?: (name: string) => Worker): PieceLogs {
  const logs = new PieceLogs(name, createWorker)
  onTestFinished(() => logs.stop())
  return logs
}

/** A disk with room for so many writes; each piece is two. */
const fullAfter = (writes: number) => (name: string) =>
  new Worker(new URL('../../../workers/pieces/testing/full-disk.worker.ts', import.meta.url), {
    type: 'module',
    name: `${name}:${String(writes)}`,
  })

describe('logs of pieces in the private file system', () => {
  it('ST-10 outlive the worker that wrote them, the later write of a position counts', async () => {
    const name = folder()
    const first = opened(name)
    expect(await first.prepare(f)).toBe(true)
    await first.put(f, [piece(0), piece(1)])
    await first.put(f, [piece(1, 9)])
    first.stop()
    const second = opened(name)
    expect(await second.get(f, at(0, 1, 2))).toEqual([piece(0), piece(1, 9), undefined])
    await second.prepare(f)
    await second.put(f, [piece(0, 7)])
    expect(await second.get(f, at(0, 1))).toEqual([piece(0, 7), piece(1, 9)])
    expect(await second.held(f)).toHaveLength(2)
  })
  it('ST-10 a page that reads does not keep another from writing', async () => {
    const name = folder()
    const [a, b] = [opened(name), opened(name)]
    await a.prepare(f)
    await a.put(f, [piece(0)])
    expect(await b.held(f)).toEqual(at(0))
    await a.put(f, [piece(1)])
    await b.prepare(f)
    await b.put(f, [piece(2)])
    expect(await a.get(f, at(0, 1))).toEqual([piece(0), piece(1)])
    expect(await b.get(f, at(0, 2))).toEqual([piece(0), piece(2)])
  })
  it.each([2, 3, 4, 5])(
    'ST-6 a disk that is full at write %i keeps nothing of that batch',
    async (writes) => {
      const name = folder()
      const logs = opened(name, fullAfter(writes))
      await logs.prepare(f)
      await logs.put(f, [piece(0)])
      const refused = logs.put(f, [piece(1), piece(2)])
      await expect(refused).rejects.toMatchObject({
        name: 'QuotaExceededError',
        neededBytes: 10_128,
      })
      expect(await logs.held(f)).toEqual(at(0))
      const later = opened(name)
      expect(await later.held(f)).toEqual(at(0))
      expect(await later.get(f, at(0))).toEqual([piece(0)])
    },
  )
  it('ST-10 removed with their file; others stay', async () => {
    const logs = opened(folder())
    const g = 'g' as FileId
    for (const id of [f, g]) {
      await logs.prepare(id)
      await logs.put(id, [piece(0)])
    }
    await logs.remove(f)
    expect(await logs.ids()).toEqual([g])
    await expect(logs.held(f)).rejects.toMatchObject({ name: 'StorageError' })
    expect(await logs.ids()).toEqual([g])
  })
})

describe('scratch pieces of the shard store', () => {
  const partial = { id: f, room: 'r' as RoomId, manifest: new Uint8Array(3), addedAt: 0, own: false } as const

  it('ST-10 where a browser has no private files they are in the store', async () => {
    const { shards } = createMemoryStorage()
    const refusing = opened(folder(), () => new Worker('data:text/javascript,throw 0'))
    const store = new ScratchShardStore(shards, () => Promise.resolve(refusing))
    await store.putFile({ ...partial, state: 'partial' })
    expect(await store.putScratch(f, [piece(0)])).toEqual([piece(0)])
    expect(await store.piece(f, 3, 0)).toEqual(piece(0))
    expect(await shards.piece(f, 3, 0)).toEqual(piece(0))
  })
  it('ST-10 of own and whole files nobody asks the logs', async () => {
    const { shards } = createMemoryStorage()
    const load = vi.fn(() => Promise.reject(new Error('asked')))
    const store = new ScratchShardStore(shards, load)
    await store.putFile({ ...partial, own: true, state: 'partial' })
    await store.putPieces(f, [piece(0)])
    expect(await store.piece(f, 3, 0)).toEqual(piece(0))
    await store.putFile({ ...partial, state: 'partial' })
    await store.putFile({ ...partial, state: 'complete' })
    expect((await store.held(f)).size).toBe(1)
    expect((await store.usage()).byFile.size).toBe(1)
    expect(load).not.toHaveBeenCalled()
  })
  it('ST-10 logs that lost their record are removed at the next opening', async () => {
    const name = folder()
    const { shards } = createMemoryStorage()
    const before = opened(name)
    await before.prepare('orphan' as FileId)
    await before.put('orphan' as FileId, [piece(0)])
    await before.prepare(f)
    await before.put(f, [piece(0)])
    before.stop()
    await shards.putFile({ ...partial, state: 'partial' })
    const logs = opened(name)
    const store = new ScratchShardStore(shards, () => Promise.resolve(logs))
    await store.files(partial.room)
    expect(await store.piece(f, 3, 0)).toEqual(piece(0))
    await expect.poll(() => logs.ids()).toEqual([f])
  })
})
