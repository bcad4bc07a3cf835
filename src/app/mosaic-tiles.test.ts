import { describe, expect, it } from 'vitest'
import type { AccountId } from '../core/base/ids.ts'
import type { Durability } from '../core/files/index.ts'
import { layingOrder, mosaicOf } from './mosaic-tiles.ts'

const durability = (n: number, held: Record<string, readonly number[]>): Durability => ({
  k: 1,
  n,
  holdings: Object.entries(held).map(([account, shards]) => ({
    account: account as AccountId,
    shards,
    reachable: true,
  })),
  survivableLosses: 0,
  safeToClose: false,
})

describe('the mosaic of a file', () => {
  it.each([1, 2, 3, 5, 6, 9, 12, 17, 32])('gives each of %i shards the same number of tiles', (n) => {
    const { tiles, columns, rows } = mosaicOf('id', durability(n, {}))
    expect(tiles).toHaveLength(columns * rows)
    for (let shard = 0; shard < n; shard++) {
      expect(tiles.filter((tile) => tile.shard === shard)).toHaveLength(tiles.length / n)
    }
  })

  it('colours a tile by who holds its shard and leaves a gap where nobody does', () => {
    const { tiles } = mosaicOf('id', durability(3, { ann: [0], ben: [1] }))
    const colour = (shard: number): readonly (string | undefined)[] => [
      ...new Set(tiles.filter((tile) => tile.shard === shard).map((tile) => tile.holder)),
    ]
    expect([colour(0), colour(1), colour(2)]).toEqual([['ann'], ['ben'], [undefined]])
  })

  it('shows every holder of a shard that several hold', () => {
    const { tiles } = mosaicOf('id', durability(1, { ann: [0], ben: [0], cleo: [0] }))
    expect(new Set(tiles.map((tile) => tile.holder))).toEqual(new Set(['ann', 'ben', 'cleo']))
  })

  it('stays bounded for the largest code', () => {
    expect(mosaicOf('id', durability(255, {})).tiles.length).toBeLessThanOrEqual(96)
  })

  it('lays each tile exactly once, in an order that depends on the file alone', () => {
    const order = layingOrder('file', 72)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 72 }, (_, i) => i))
    expect(layingOrder('file', 72)).toEqual(order)
    expect(layingOrder('another', 72)).not.toEqual(order)
  })
})
