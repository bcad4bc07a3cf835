import type { AccountId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import { copiesFor } from './shape.ts'

/** Which columns each account holds. */
export type Layout = ReadonlyMap<AccountId, readonly number[]>

/**
 * A largest matching of accounts to columns: each account stands for one column it holds, each column for as many accounts as it
 * has copies (FI-60). Its size is on how many accounts a file is really spread, whatever some of them hold besides.
 * Grows edge by edge along augmenting paths (Kuhn 1955).
 */
export class Spread {
  readonly #columns: number
  readonly #copies: number
  readonly #held = new Map<AccountId, Set<number>>()
  readonly #columnOf = new Map<AccountId, number>()
  readonly #matched = new Map<number, Set<AccountId>>()

  constructor(shape: CodeShape, layout: Layout = new Map()) {
    this.#columns = shape.n
    this.#copies = copiesFor(shape)
    for (const [account, columns] of layout) {
      this.#held.set(account, new Set(columns.filter((column) => this.#isReal(column))))
    }
    for (const account of this.#held.keys()) this.#place(account, new Set())
  }

  /** Accounts that stand for a column. */
  get size(): number {
    return this.#columnOf.size
  }

  /** Whether the account stands for a column. */
  has(account: AccountId): boolean {
    return this.#columnOf.has(account)
  }

  /** The account holds the column; one that the code does not have is passed over. */
  add(account: AccountId, column: number): void {
    if (!this.#isReal(column)) return
    const held = this.#held.get(account) ?? new Set()
    this.#held.set(account, held.add(column))
    // One new edge makes the matching larger by one at most, from whoever is free. What one search has seen leads nowhere for the next.
    const seen = new Set<number>()
    for (const other of this.#held.keys()) if (!this.has(other) && this.#place(other, seen)) return
  }

  /** Columns of which one more copy, on an account that stands for none, would make the spread wider. */
  useful(): ReadonlySet<number> {
    const useful = new Set<number>()
    for (let column = 0; column < this.#columns; column++) {
      if ((this.#matched.get(column)?.size ?? 0) < this.#copies) useful.add(column)
    }
    // An account can make way when it holds another column that is useful.
    for (const column of useful) {
      for (const [account, at] of this.#columnOf) {
        if (this.#held.get(account)?.has(column) === true) useful.add(at)
      }
    }
    return useful
  }

  #isReal(column: number): boolean {
    return Number.isInteger(column) && column >= 0 && column < this.#columns
  }

  #place(account: AccountId, seen: Set<number>): boolean {
    for (const column of this.#held.get(account) ?? []) {
      if (seen.has(column)) continue
      seen.add(column)
      const standing = this.#matched.get(column) ?? new Set()
      const isOpen = standing.size < this.#copies || [...standing].some((other) => this.#place(other, seen))
      if (!isOpen) continue
      const before = this.#columnOf.get(account)
      if (before !== undefined) this.#matched.get(before)?.delete(account)
      this.#columnOf.set(account, column)
      const now = this.#matched.get(column) ?? new Set()
      this.#matched.set(column, now.add(account))
      return true
    }
    return false
  }
}

/** On how many accounts a file is really spread (FI-60). */
export function spreadOf(shape: CodeShape, layout: Layout): number {
  return new Spread(shape, layout).size
}
