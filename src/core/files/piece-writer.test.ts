import { describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import type { FileId, RoomId } from '../base/ids.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { createMemoryStorage, type ShardStore, type StoredFile, type StoredPiece } from '../storage/index.ts'
import { storeBatchBytes } from './constants.ts'
import { PieceWriter } from './piece-writer.ts'

const file: StoredFile = {
  ...{ id: 'f' as FileId, room: 'r' as RoomId, manifest: new Uint8Array(1) },
  ...{ addedAt: 0, own: true, state: 'complete' },
} // ids as the stores take them: any text

const pieceOf = (shard: number): StoredPiece => ({
  ...{ segment: 0, shard, path: new Uint8Array() },
  bytes: new Uint8Array(storeBatchBytes / 2),
})

/** A store whose writes wait until they are let through or refused. */
function slowStore(): {
  readonly shards: ShardStore
  readonly batches: number[][]
  next(error?: Error): void
} {
  const { shards } = createMemoryStorage()
  const waiting: ((error?: Error) => void)[] = []
  const batches: number[][] = []
  const putPieces: ShardStore['putPieces'] = async (id, pieces) => {
    batches.push(pieces.map(({ shard }) => shard))
    const error = await new Promise<Error | undefined>((resolve) => waiting.push(resolve))
    if (error !== undefined) throw error
    await shards.putPieces(id, pieces)
  }
  const slow = new Proxy(shards, {
    get(target, key) {
      if (key === 'putPieces') return putPieces
      const verb: unknown = Reflect.get(target, key)
      return typeof verb === 'function' ? (verb.bind(target) as unknown) : verb
    },
  })
  return { shards: slow, batches, next: (error) => waiting.shift()?.(error) }
}

function newWriter(stored: number[] = []): { writer: PieceWriter; store: ReturnType<typeof slowStore> } {
  const store = slowStore()
  const components = { shards: store.shards, clock: new ManualClock() }
  const told = (pieces: readonly StoredPiece[]): void => void stored.push(...pieces.map(({ shard }) => shard))
  return { writer: new PieceWriter(components, file, { onStored: told }), store }
}

describe('writing pieces', () => {
  it('FI-8: one batch is stored while the next is gathered, and a third has to wait', async () => {
    const { writer, store } = newWriter()
    for (const shard of [0, 1, 2]) await writer.add(pieceOf(shard))
    let isIn = false
    const fourth = writer.add(pieceOf(3)).then(() => (isIn = true))
    await settle()
    expect([isIn, store.batches]).toEqual([false, [[0, 1]]])
    store.next()
    await fourth
    expect(store.batches).toEqual([
      [0, 1],
      [2, 3],
    ])
    store.next()
    await writer.flush()
  })

  it('ST-6: pieces count as stored once the store has said so, all of them after a flush', async () => {
    const stored: number[] = []
    const { writer, store } = newWriter(stored)
    for (const shard of [0, 1, 2]) await writer.add(pieceOf(shard))
    expect(stored).toEqual([])
    const flushed = writer.flush()
    store.next()
    await settle()
    expect(stored).toEqual([0, 1])
    store.next()
    await flushed
    expect(stored).toEqual([0, 1, 2])
    expect(await store.shards.held(file.id)).toEqual(new Map([[0, [0, 1, 2]]]))
  })

  it('ST-6: a refused batch fails whoever adds or flushes next, and everybody after', async () => {
    const { writer, store } = newWriter()
    for (const shard of [0, 1, 2]) await writer.add(pieceOf(shard))
    store.next(new QuotaExceededError('full'))
    await expect(writer.add(pieceOf(3))).rejects.toMatchObject({ name: 'QuotaExceededError' })
    await expect(writer.flush()).rejects.toMatchObject({ name: 'QuotaExceededError' })
    expect(store.batches).toEqual([[0, 1]])
  })

  it('FI-8: given up, it forgets what waits and is done when nothing is being stored', async () => {
    const { writer, store } = newWriter()
    for (const shard of [0, 1, 2]) await writer.add(pieceOf(shard))
    let isOver = false
    const over = writer.abandon().then(() => (isOver = true))
    await settle()
    expect(isOver).toBe(false)
    store.next(new QuotaExceededError('full'))
    await over
    expect(store.batches).toEqual([[0, 1]])
  })
})
