import { sha256 } from '@noble/hashes/sha2.js'
import { utf8 } from '../base/bytes.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import { Spread, type Layout } from './spread.ts'

/** A weight for each account, 1 for all unless known better. */
export type Weigh = (account: AccountId) => number

/** Hashes are this many steps fine. */
const hashSteps = 2 ** 48

/** What a plan of offers is made from. */
export interface PlacementFacts {
  readonly file: FileId
  readonly shape: CodeShape
  /** Columns that we can give. */
  readonly offerable: readonly number[]
  /** What everyone but the owner counts as holding, whether stored already or being pulled. */
  readonly assigned: Layout
  /** Accounts that may be asked now. */
  readonly candidates: readonly AccountId[]
  readonly weigh?: Weigh
}

/**
 * Rendezvous hash (highest random weight, Thaler & Ravishankar 1998) of an account for a file: every member computes
 * the same order without talking, and a member who comes or goes moves only its own share. 0 ≤ hash < 2^48.
 */
function hashOf(file: FileId, account: AccountId): number {
  const digest = sha256(utf8(`tessera place ${file} ${account}`))
  let hash = 0
  for (const byte of digest.subarray(0, 6)) hash = hash * 256 + byte
  return hash
}

/**
 * Accounts in rendezvous order for a file, best first. With weights each is first in proportion to its own (FI-61): the score is
 * weight ÷ −ln(hash); equal weights give the plain order.
 */
export function ranked(file: FileId, accounts: Iterable<AccountId>, weigh: Weigh = () => 1): AccountId[] {
  return [...accounts]
    .map((account) => {
      const hash = (hashOf(file, account) + 0.5) / hashSteps
      return { account, score: weigh(account) / -Math.log(hash) }
    })
    .sort((a, b) => b.score - a.score || (a.account < b.account ? -1 : 1))
    .map(({ account }) => account)
}

/**
 * Which columns to offer to whom (FI-11, FI-12). First whatever makes the spread wider, one column to each account that stands
 * for none; then columns that nobody holds, to those with the fewest. Ties by weighted rendezvous order. No account gets a column
 * twice, nor more than k columns: k are a whole file, more on one account would survive nothing further.
 */
export function planOffers(facts: PlacementFacts): ReadonlyMap<AccountId, readonly number[]> {
  const plan = new Planning(facts)
  plan.widen()
  plan.cover()
  return plan.offers
}

class Planning {
  readonly offers = new Map<AccountId, number[]>()
  readonly #facts: PlacementFacts
  readonly #order: readonly AccountId[]
  readonly #load = new Map<AccountId, Set<number>>()
  readonly #copies = new Map<number, number>()
  readonly #spread: Spread

  constructor(facts: PlacementFacts) {
    this.#facts = facts
    this.#order = ranked(facts.file, facts.candidates, facts.weigh)
    for (const account of this.#order) this.#load.set(account, new Set(facts.assigned.get(account)))
    for (const columns of facts.assigned.values()) for (const column of new Set(columns)) this.#count(column)
    this.#spread = new Spread(facts.shape, facts.assigned)
  }

  /** One column to each account that stands for none, as long as that helps. */
  widen(): void {
    const free = this.#order.filter((account) => !this.#spread.has(account))
    free.sort((a, b) => this.#loadOf(a) - this.#loadOf(b))
    for (const account of free) {
      // Giving to one may have let another stand for a column it had already.
      if (this.#spread.has(account)) continue
      const useful = this.#spread.useful()
      const column = this.#facts.offerable
        .filter((offered) => useful.has(offered) && this.#mayTake(account, offered))
        .sort((a, b) => (this.#copies.get(a) ?? 0) - (this.#copies.get(b) ?? 0))[0]
      if (column !== undefined) this.#give(account, column)
    }
  }

  /** A place for every column that has none. */
  cover(): void {
    for (const column of this.#facts.offerable) {
      if ((this.#copies.get(column) ?? 0) > 0) continue
      const [taker] = this.#order
        .filter((account) => this.#mayTake(account, column))
        .sort((a, b) => this.#loadOf(a) - this.#loadOf(b))
      if (taker !== undefined) this.#give(taker, column)
    }
  }

  #mayTake(account: AccountId, column: number): boolean {
    const held = this.#load.get(account)
    return held !== undefined && held.size < this.#facts.shape.k && !held.has(column)
  }

  #give(account: AccountId, column: number): void {
    this.#load.get(account)?.add(column)
    this.#count(column)
    this.#spread.add(account, column)
    this.offers.set(account, [...(this.offers.get(account) ?? []), column])
  }

  #count(column: number): void {
    this.#copies.set(column, (this.#copies.get(column) ?? 0) + 1)
  }

  #loadOf(account: AccountId): number {
    return this.#load.get(account)?.size ?? 0
  }
}
