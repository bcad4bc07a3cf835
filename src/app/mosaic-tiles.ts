import type { AccountId } from '../core/base/ids.ts'
import type { Durability } from '../core/files/index.ts'
import { hash } from './tessera-look.ts'

/** One tile of a file's mosaic. */
export interface MosaicTile {
  /** Whose colour it has; undefined is a gap: nobody is known to hold the shard. */
  readonly holder: AccountId | undefined
  /** False when the holder is away, drawn pale. */
  readonly isReachable: boolean
  /** Which shard the tile stands for. */
  readonly shard: number
  /** −1, 0 or 1: the small unevenness of cut glass. Means nothing. */
  readonly shade: number
}

/** A file drawn as tiles, row by row. Each shard has whole columns; its holders share the tiles of them. */
export interface Mosaic {
  readonly columns: number
  readonly rows: number
  readonly tiles: readonly MosaicTile[]
}

const rows = 3
/** Above this many shards a tile stands for several; only then is the picture coarser than the truth. */
const maxColumns = 32

/**
 * The mosaic of a file as its durability stands. `id` only seeds the unevenness.
 * @param minColumns at least this wide, so that a file of two shards still looks like a mosaic
 */
export function mosaicOf(id: string, durability: Durability, minColumns = 24): Mosaic {
  const shards = Math.min(Math.max(1, durability.n), maxColumns)
  const perShard = Math.ceil(minColumns / shards)
  const columns = shards * perShard
  const holders = holdersByShard(durability)
  const tiles = Array.from({ length: rows * columns }, (_, i): MosaicTile => {
    const column = i % columns
    const shard = Math.floor((Math.floor(column / perShard) * durability.n) / shards)
    const held = holders.get(shard) ?? []
    // Down a shard's columns the holders take turns: two holders of a shard are both seen.
    const holder = held[(Math.floor(i / columns) + (column % perShard)) % Math.max(1, held.length)]
    return {
      holder: holder?.account,
      isReachable: holder?.reachable ?? false,
      shard,
      shade: (hash(`${id}:${i}`) % 3) - 1,
    }
  })
  return { columns, rows, tiles }
}

/** The order in which tiles are laid while a transfer goes on: a fixed shuffle, so the picture grows everywhere at once. */
export function layingOrder(id: string, count: number): readonly number[] {
  const keys = Array.from({ length: count }, (_, i) => [hash(`${id}/${i}`), i] as const)
  const order = new Array<number>(count).fill(0)
  keys.sort((a, b) => a[0] - b[0] || a[1] - b[1]).forEach(([, tile], place) => (order[tile] = place))
  return order
}

function holdersByShard(
  durability: Durability,
): ReadonlyMap<number, readonly { account: AccountId; reachable: boolean }[]> {
  const byShard = new Map<number, { account: AccountId; reachable: boolean }[]>()
  for (const { account, shards, reachable } of durability.holdings) {
    for (const shard of shards) {
      const list = byShard.get(shard) ?? []
      list.push({ account, reachable })
      byShard.set(shard, list)
    }
  }
  return byShard
}
