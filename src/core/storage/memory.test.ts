import { describe, expect, it } from 'vitest'
import type { FileId } from '../base/ids.ts'
import { createMemoryStorage } from './index.ts'
import { storesSuite } from './testing/stores-suite.ts'

storesSuite('memory', () => {
  const stores = createMemoryStorage()
  return Promise.resolve([stores, stores])
})

describe('memory: space', () => {
  it('ST-6 names a full memory and what was needed, and keeps nothing of the call', async () => {
    const { shards, estimate } = createMemoryStorage(100)
    const piece = (shard: number) => ({
      segment: 0,
      shard,
      bytes: new Uint8Array(50),
      path: new Uint8Array(0),
    })
    await shards.putPieces('f' as FileId, [piece(0)])
    await expect(shards.putPieces('f' as FileId, [piece(1), piece(2)])).rejects.toMatchObject({
      name: 'QuotaExceededError',
      neededBytes: 100,
    })
    expect(await estimate()).toEqual({ usageBytes: 50, quotaBytes: 100 })
    await shards.putPieces('f' as FileId, [piece(1)])
  })
})
