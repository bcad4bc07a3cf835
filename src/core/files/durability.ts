import type { AccountId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import type { Durability, Holding } from './index.ts'

/** What durability is judged from. */
export interface DurabilityFacts {
  /** undefined until the manifest is known; then nothing is promised. */
  readonly shape: CodeShape | undefined
  readonly owner: AccountId
  /** One per account, the owner's own included. */
  readonly holdings: readonly Holding[]
  /** Accounts of the room besides the owner, reachable or away, ourselves included. */
  readonly otherAccounts: number
}

/** Subsets to look at before the exact answer gives way to a lower bound; our own shapes need at most C(12, 3) = 220. */
const maxSubsets = 5_000

/** What is true of a file's survival (FI-15 to FI-17). */
export function durabilityOf(facts: DurabilityFacts): Durability {
  const { shape, owner, holdings, otherAccounts } = facts
  if (shape === undefined) return { k: 0, n: 0, holdings, survivableLosses: -1, safeToClose: false }
  const others = holdings.filter((h) => h.account !== owner && h.reachable && h.shards.length > 0)
  const survivableLosses = survivable(
    shape,
    others.map((h) => new Set(h.shards)),
  )
  const safeToClose = survivableLosses >= 1 || (survivableLosses === 0 && otherAccounts === 1)
  return { k: shape.k, n: shape.n, holdings, survivableLosses, safeToClose }
}

/**
 * How many of `holders` may vanish, whichever they are, with k distinct shards still held: one less than the smallest
 * number whose loss leaves fewer than k. −1 when fewer than k are held now. Never more than the truth.
 */
export function survivable(shape: CodeShape, holders: readonly ReadonlySet<number>[]): number {
  const held = [...new Set(holders.flatMap((shards) => [...shards]))]
  if (held.length < shape.k) return -1
  if (subsetCount(held.length, shape.k - 1, maxSubsets) > maxSubsets)
    return lowerBound(shape.k, held, holders)
  // A loss is fatal when at most k − 1 shards remain: for each such set, all who hold anything outside it must go.
  let fewest = holders.length
  for (const kept of subsets(held, shape.k - 1)) {
    const lost = holders.filter((shards) => [...shards].some((shard) => !kept.has(shard))).length
    fewest = Math.min(fewest, lost)
  }
  return fewest - 1
}

/** Each loss takes at most as many distinct shards as that account has: the largest go first. */
function lowerBound(k: number, held: readonly number[], holders: readonly ReadonlySet<number>[]): number {
  const sizes = holders.map((shards) => shards.size).sort((a, b) => b - a)
  let left = held.length
  for (const [lost, size] of sizes.entries()) {
    left -= size
    if (left < k) return lost
  }
  return sizes.length
}

function subsetCount(n: number, r: number, limit: number): number {
  let count = 1
  for (let i = 0; i < Math.min(r, n - r); i++) {
    count = (count * (n - i)) / (i + 1)
    if (count > limit) return count
  }
  return count
}

function* subsets(items: readonly number[], size: number): Generator<ReadonlySet<number>> {
  if (size === 0) {
    yield new Set()
    return
  }
  for (const [i, item] of items.entries()) {
    for (const rest of subsets(items.slice(i + 1), size - 1)) yield new Set([item, ...rest])
  }
}
