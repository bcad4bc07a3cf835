import { copyBytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import {
  authorRate,
  carrierRate,
  maxAuthors,
  maxQueuedBytes,
  maxQueuedItems,
  receiptRate,
} from './constants.ts'
import { claimedAuthor } from './entry.ts'
import type { LiveItem } from './gossip.ts'
import { RateGate } from './rate.ts'

export interface LiveQueueInit {
  readonly clock: Clock
  /** Whether an account has a log here or was met as a member; all others share one allowance. */
  readonly isKnown: (account: AccountId) => boolean
  /** An entry was left to catch-up. `author` is what it claims. */
  readonly onDropped: (author: AccountId) => void
}

/** An item that waits to be checked, and the peer that brought it over a stream. */
export interface QueuedItem extends LiveItem {
  readonly carrier: PeerId | undefined
}

/** Bounds live items before any work is done on them: rate by author and carrier, then items and bytes waiting (SPEC CH-9). */
export class LiveQueue {
  readonly #init: LiveQueueInit
  readonly #authors = new RateGate(authorRate, maxAuthors)
  readonly #readers = new RateGate(receiptRate, maxAuthors)
  readonly #carriers = new RateGate(carrierRate, maxAuthors)
  #items: QueuedItem[] = []
  #bytes = 0

  constructor(init: LiveQueueInit) {
    this.#init = init
  }

  /** Takes an item or drops it. The bytes are copied. */
  offer(item: LiveItem, carrier?: PeerId): boolean {
    const now = this.#init.clock.now()
    const isOfCarrier = carrier === undefined || this.#carriers.take(carrier, now)
    const isTaken =
      isOfCarrier && this.#isInRate(item, now) && this.#items.length < maxQueuedItems && this.#hasSpace(item)
    if (isTaken) {
      this.#items.push({ kind: item.kind, bytes: copyBytes(item.bytes), carrier })
      this.#bytes += item.bytes.byteLength
    } else if (item.kind === 'entry') this.#init.onDropped(claimedAuthor(item.bytes))
    return isTaken
  }

  /** The oldest items, at most `max`. */
  take(max: number): readonly QueuedItem[] {
    const taken = this.#items.splice(0, max)
    for (const { bytes } of taken) this.#bytes -= bytes.byteLength
    return taken
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  #hasSpace({ bytes }: LiveItem): boolean {
    return this.#bytes + bytes.byteLength <= maxQueuedBytes
  }

  #isInRate({ kind, bytes }: LiveItem, now: number): boolean {
    const author = claimedAuthor(bytes)
    const gate = kind === 'entry' ? this.#authors : this.#readers
    return gate.take(this.#init.isKnown(author) ? author : 'strangers', now)
  }
}
