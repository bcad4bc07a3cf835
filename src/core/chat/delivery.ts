import type { AccountId, EntryId } from '../base/ids.ts'
import { maxAuthors } from './constants.ts'
import type { Receipt } from './receipt.ts'

export interface DeliveryInit {
  /** Id at a position of an author's log, when known. */
  readonly idAt: (author: AccountId, seq: number) => EntryId | undefined
}

/** Positions of one author's log that a reader is newly known to hold: `from` ≤ seq < `to`. */
export interface NewlyCovered {
  readonly author: AccountId
  readonly from: number
  readonly to: number
}

/**
 * Who holds what, by signed receipts. The latest receipt of each reader is the one that covers most; what a reader once
 * showed to hold stays held here (SPEC CH-10).
 */
export class Delivery {
  readonly #init: DeliveryInit
  readonly #receipts = new Map<AccountId, Receipt>()
  /** By reader and author: entries held, as a count from the start of the log; only where the id named is ours too. */
  readonly #held = new Map<AccountId, Map<AccountId, number>>()

  constructor(init: DeliveryInit) {
    this.#init = init
  }

  /** The receipts held, one a reader. */
  receipts(): IterableIterator<Receipt> {
    return this.#receipts.values()
  }

  latest(reader: AccountId): Receipt | undefined {
    return this.#receipts.get(reader)
  }

  /** Whether a receipt says more than the one held; a replayed or older one does not. */
  isNews(receipt: Receipt): boolean {
    const held = this.#receipts.get(receipt.reader)
    if (held === undefined) return this.#receipts.size < maxAuthors
    return receipt.covered > held.covered
  }

  /** Takes in a receipt whose signature was checked. */
  take(receipt: Receipt): readonly NewlyCovered[] {
    if (!this.isNews(receipt)) return []
    this.#receipts.set(receipt.reader, receipt)
    const news: NewlyCovered[] = []
    for (const author of receipt.heads.keys()) this.#extend(receipt, author, news)
    return news
  }

  /** Reads the receipts again for an author whose log has grown: they may be ahead of what was known. */
  grown(author: AccountId): readonly NewlyCovered[] {
    const news: NewlyCovered[] = []
    for (const receipt of this.#receipts.values()) this.#extend(receipt, author, news)
    return news
  }

  #extend(receipt: Receipt, author: AccountId, news: NewlyCovered[]): void {
    const { reader, heads } = receipt
    const head = heads.get(author)
    if (head === undefined || reader === author) return
    const from = this.#held.get(reader)?.get(author) ?? 0
    // A receipt for another history than ours says nothing about ours.
    if (head.seq < from || this.#init.idAt(author, head.seq) !== head.id) return
    const byAuthor = this.#held.get(reader) ?? new Map<AccountId, number>()
    byAuthor.set(author, head.seq + 1)
    this.#held.set(reader, byAuthor)
    news.push({ author, from, to: head.seq + 1 })
  }

  /** Whether `reader` is known to hold an author's entry. */
  holds(reader: AccountId, author: AccountId, seq: number): boolean {
    return (this.#held.get(reader)?.get(author) ?? 0) > seq
  }

  /** Accounts other than the author whose receipts cover an entry. */
  holders(author: AccountId, seq: number): AccountId[] {
    const holders: AccountId[] = []
    for (const [reader, held] of this.#held) if ((held.get(author) ?? 0) > seq) holders.push(reader)
    return holders
  }
}
