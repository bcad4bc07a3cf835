import type { Clock } from '../base/clock.ts'
import type { AccountId } from '../base/ids.ts'
import { maxShownAheadMs } from './constants.ts'
import type { Delivery } from './delivery.ts'
import type { LogEntry } from './entry.ts'
import type { HybridTime } from './hybrid-clock.ts'
import type { EntryBody, TimelineEntry } from './index.ts'
import type { Row } from './timeline.ts'

/** Makes rows of entries as one account sees them. */
export class RowMaker {
  readonly #self: AccountId
  readonly #clock: Clock
  readonly #delivery: Delivery

  constructor(self: AccountId, clock: Clock, delivery: Delivery) {
    this.#self = self
    this.#clock = clock
    this.#delivery = delivery
  }

  /** A row of a stored entry, or undefined when the entry is kept unshown. */
  stored(entry: LogEntry): Row | undefined {
    const { author, seq, time, id, body } = entry
    if (body === undefined) return undefined
    const common = { key: id, id, author, at: this.#shownTime(time), body }
    const place = { time, author, seq }
    if (author === this.#self) return { ...place, entry: { ...common, own: true, ...this.#delivered(seq) } }
    const delivery = this.#delivery
    return {
      ...place,
      entry: {
        ...common,
        own: false,
        state: 'received',
        // Worked out when read: receipts for others' entries change no row.
        get deliveredTo() {
          return delivery.holders(author, seq)
        },
      },
    }
  }

  /** A row of our own that is not stored yet. */
  pending(key: string, body: EntryBody, time: HybridTime): Row {
    const entry: TimelineEntry = {
      key,
      id: undefined,
      author: this.#self,
      own: true,
      at: this.#shownTime(time),
      body,
      state: 'pending',
      deliveredTo: [],
    }
    return { time, author: this.#self, seq: Infinity, entry }
  }

  /** An own stored row's entry with the receipts known now. */
  withReceipts(row: Row): TimelineEntry {
    return { ...row.entry, ...this.#delivered(row.seq) }
  }

  #delivered(seq: number): Pick<TimelineEntry, 'state' | 'deliveredTo'> {
    const deliveredTo = this.#delivery.holders(this.#self, seq)
    return { state: deliveredTo.length > 0 ? 'delivered' : 'sent', deliveredTo }
  }

  #shownTime({ wall }: HybridTime): number {
    return Math.min(wall, this.#clock.now() + maxShownAheadMs)
  }
}
