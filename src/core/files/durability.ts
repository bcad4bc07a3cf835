import type { AccountId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import type { Durability, Holding, SafetyNeeds } from './index.ts'
import { happyFor, riskMargin } from './shape.ts'
import { Spread } from './spread.ts'

/** What durability is judged from. */
export interface DurabilityFacts {
  /** undefined until the manifest is known; then nothing is promised. */
  readonly shape: CodeShape | undefined
  readonly owner: AccountId
  readonly sizeBytes: number
  /** One per account, the owner's own included. */
  readonly holdings: readonly Holding[]
  /** Accounts of the room besides the owner, reachable or away, ourselves included. */
  readonly otherAccounts: number
  /** Those of them that are reachable. */
  readonly present: readonly AccountId[]
  /** Whether an account said lately that it has no room for columns of this file. */
  readonly lacksSpace: (account: AccountId) => boolean
}

/** Subsets to look at before the exact answer gives way to a lower bound; our own shapes need at most C(12, 3) = 220. */
const maxSubsets = 5_000

/** What is true of a file's survival (FI-15 to FI-17, FI-67). */
export function durabilityOf(facts: DurabilityFacts): Durability {
  const { shape, owner, holdings, otherAccounts } = facts
  if (shape === undefined) return { k: 0, n: 0, holdings, survivableLosses: -1, safeToClose: false }
  const reachable = holdings.filter((holding) => holding.reachable && holding.shards.length > 0)
  const others = reachable.filter(({ account }) => account !== owner)
  const survivableLosses = survivable(
    shape,
    others.map(({ shards }) => new Set(shards)),
  )
  const spread = new Spread(shape, new Map(others.map(({ account, shards }) => [account, shards])))
  // Of two people one copy more is all there can be; once the owner is gone, it is the last.
  const isPair = otherAccounts === 1 && reachable.length > others.length
  const isSurvivable = survivableLosses >= (isPair ? 0 : 1)
  const lacking = happyFor(shape, otherAccounts) - spread.size
  const safeToClose = isSurvivable && lacking <= 0
  const risk = riskOf(shape, reachable)
  return {
    ...{ k: shape.k, n: shape.n, holdings, survivableLosses, safeToClose },
    ...(risk === undefined ? {} : { risk }),
    ...(safeToClose ? {} : { needs: needsOf(facts, shape, spread, lacking) }),
  }
}

/** What threatens a file of which these are all who hold something and can be reached, the owner included (FI-67). */
export function riskOf(
  shape: CodeShape,
  reachable: readonly { readonly shards: readonly number[] }[],
): Durability['risk'] {
  const losses = survivable(
    shape,
    reachable.map(({ shards }) => new Set(shards)),
  )
  if (losses < 0) return 'unavailable'
  return losses <= riskMargin(shape) ? 'at-risk' : undefined
}

/** What is missing until it is safe to close: time while somebody can still be given a column, else space or people (FI-67). */
function needsOf(facts: DurabilityFacts, shape: CodeShape, spread: Spread, lacking: number): SafetyNeeds {
  const { present, owner, holdings, lacksSpace, sizeBytes } = facts
  const bytesEach = Math.ceil(sizeBytes / shape.k)
  const idle = present.filter((account) => account !== owner && !spread.has(account))
  const full = idle.filter((account) => lacksSpace(account)).length
  const open = idle.length - full
  const short = Math.max(1, lacking)
  const held = new Set(holdings.filter(({ account }) => account !== owner).flatMap(({ shards }) => shards))
  // Spread as wide as it can be, but columns are still without a place.
  const isFilling = lacking <= 0 && held.size < shape.n && present.length > 0
  if (open >= short || isFilling) return { kind: 'time', accounts: short, bytesEach }
  return { kind: full > 0 ? 'space' : 'people', accounts: short - open, bytesEach }
}

/**
 * How many of `holders` may vanish, whichever they are, with k distinct shards still held: one less than the smallest
 * number whose loss leaves fewer than k. −1 when fewer than k are held now. Never more than the truth.
 */
export function survivable(shape: CodeShape, holders: readonly ReadonlySet<number>[]): number {
  const held = [...new Set(holders.flatMap((shards) => [...shards]))]
  if (held.length < shape.k) return -1
  // The usual case, one column on each account.
  const holding = holders.filter((shards) => shards.size > 0)
  if (held.length === holding.length && holding.every((shards) => shards.size === 1)) {
    return held.length - shape.k
  }
  if (subsetCount(held.length, shape.k - 1, maxSubsets) > maxSubsets)
    return lowerBound(shape.k, held, holders)
  return fewestFatal(shape.k, held, holding) - 1
}

/**
 * The smallest number of holders whose loss leaves fewer than k columns. A loss is fatal when at most k − 1 remain: for each such
 * set, all who hold anything outside it must go.
 */
function fewestFatal(k: number, held: readonly number[], holders: readonly ReadonlySet<number>[]): number {
  const placeOf = new Map(held.map((column, place) => [column, place]))
  const places = holders.map((columns) => [...columns].map((column) => placeOf.get(column) ?? 0))
  const isKept = new Uint8Array(held.length)
  let fewest = holders.length
  const choose = (from: number, left: number): void => {
    if (left === 0) {
      const lost = places.filter((own) => own.some((place) => isKept[place] === 0)).length
      fewest = Math.min(fewest, lost)
      return
    }
    for (let place = from; place + left <= held.length; place++) {
      isKept[place] = 1
      choose(place + 1, left - 1)
      isKept[place] = 0
    }
  }
  choose(0, k - 1)
  return fewest
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
