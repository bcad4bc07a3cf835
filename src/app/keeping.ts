import type { AccountId } from '../core/base/ids.ts'
import type { Durability, SafetyNeeds } from '../core/files/index.ts'

/**
 * How well a file is kept, in one word: `safe` its sharer may go; `fragile` others can rebuild it but one more loss would
 * end that; `incomplete` others hold parts, not enough; `alone` nobody but the sharer holds any.
 */
export type KeepingVerdict = 'safe' | 'fragile' | 'incomplete' | 'alone'

/** What the file card says of survival. */
export interface Keeping {
  readonly verdict: KeepingVerdict
  /** Everyone who holds any shard, the sharer included, the reachable ones first. */
  readonly holders: readonly { readonly account: AccountId; readonly reachable: boolean }[]
  /** How many holders besides the sharer may vanish, whichever they are, with the file whole; absent when none. */
  readonly spare?: number
  /** What is missing until its sharer may go; absent when nothing is. */
  readonly needs?: SafetyNeeds
}

/** Reads a verdict from durability; never kinder than `safeToClose`. */
export function keepingOf(owner: AccountId, durability: Durability): Keeping {
  const holders = durability.holdings
    .filter((holding) => holding.shards.length > 0)
    .map(({ account, reachable }) => ({ account, reachable }))
    .sort((a, b) => Number(b.reachable) - Number(a.reachable))
  const { survivableLosses: spare, safeToClose, needs } = durability
  return {
    ...{ verdict: verdictOf(owner, durability), holders },
    ...(spare > 0 ? { spare } : {}),
    ...(needs === undefined || safeToClose ? {} : { needs }),
  }
}

function verdictOf(owner: AccountId, durability: Durability): KeepingVerdict {
  if (durability.safeToClose) return 'safe'
  if (!durability.holdings.some(({ account, shards }) => account !== owner && shards.length > 0))
    return 'alone'
  return durability.survivableLosses >= 0 ? 'fragile' : 'incomplete'
}
