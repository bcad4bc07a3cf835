import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../base/bytes.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import { copiesFor } from './shape.ts'

/** What an account counts as holding, whether stored already or being pulled. */
export type Assigned = ReadonlyMap<AccountId, readonly number[]>

/**
 * Rendezvous weight (highest random weight, Thaler & Ravishankar 1998) of an account for a file: every member computes
 * the same order without talking, and a member who comes or goes moves only its own share. 0 ≤ weight < 2^48.
 */
export function weightOf(file: FileId, account: AccountId): number {
  const digest = sha256(utf8(`tessera place ${file} ${account}`))
  let weight = 0
  for (const byte of digest.subarray(0, 6)) weight = weight * 256 + byte
  return weight
}

/** Accounts in rendezvous order for a file, best first. */
export function ranked(file: FileId, accounts: Iterable<AccountId>): AccountId[] {
  return [...accounts]
    .map((account) => ({ account, weight: weightOf(file, account) }))
    .sort((a, b) => b.weight - a.weight || (a.account < b.account ? -1 : 1))
    .map(({ account }) => account)
}

/**
 * Which columns to offer to whom so that each has its copies (FI-11, FI-12): columns with the fewest copies first, to the
 * accounts with the fewest columns, ties by rendezvous weight. No account gets a column twice, nor more than k columns:
 * k are a whole file, more on one account would survive nothing further.
 *
 * @param offerable columns that we can give
 * @param assigned everyone but the owner
 * @param candidates accounts that may be asked now
 */
export function planOffers(
  file: FileId,
  shape: CodeShape,
  offerable: readonly number[],
  assigned: Assigned,
  candidates: readonly AccountId[],
): ReadonlyMap<AccountId, readonly number[]> {
  const order = ranked(file, candidates)
  const load = new Map<AccountId, Set<number>>()
  for (const account of order) load.set(account, new Set(assigned.get(account)))
  const copies = copyCounts(assigned)
  const plan = new Map<AccountId, number[]>()
  for (let round = 1; round <= copiesFor(shape); round++) {
    for (const shard of offerable) {
      if ((copies.get(shard) ?? 0) >= round) continue
      const taker = leastLoaded(order, load, shape.k, shard)
      if (taker === undefined) continue
      load.get(taker)?.add(shard)
      copies.set(shard, (copies.get(shard) ?? 0) + 1)
      plan.set(taker, [...(plan.get(taker) ?? []), shard])
    }
  }
  return plan
}

function copyCounts(assigned: Assigned): Map<number, number> {
  const copies = new Map<number, number>()
  for (const shards of assigned.values()) {
    for (const shard of new Set(shards)) copies.set(shard, (copies.get(shard) ?? 0) + 1)
  }
  return copies
}

function leastLoaded(
  order: readonly AccountId[],
  load: ReadonlyMap<AccountId, ReadonlySet<number>>,
  maxLoad: number,
  shard: number,
): AccountId | undefined {
  let best: AccountId | undefined
  let bestLoad = maxLoad
  for (const account of order) {
    const held = load.get(account)
    if (held === undefined || held.has(shard) || held.size >= bestLoad) continue
    best = account
    bestLoad = held.size
  }
  return best
}
