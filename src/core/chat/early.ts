import type { AccountId } from '../base/ids.ts'
import { maxEarly } from './constants.ts'
import type { LogEntry } from './entry.ts'

/** Checked live entries that came before an earlier one of their author; bounded, the newest is left to catch-up. */
export class EarlyEntries {
  readonly #byAuthor = new Map<AccountId, Map<number, LogEntry>>()
  #size = 0

  hold(entry: LogEntry): void {
    const held = this.#byAuthor.get(entry.author) ?? new Map<number, LogEntry>()
    if (this.#size >= maxEarly || held.has(entry.seq)) return
    held.set(entry.seq, entry)
    this.#byAuthor.set(entry.author, held)
    this.#size += 1
  }

  /** Takes out the unbroken run that starts at `seq`, and forgets everything before it. */
  follow(author: AccountId, seq: number): readonly LogEntry[] {
    const held = this.#byAuthor.get(author)
    if (held === undefined) return []
    for (const at of [...held.keys()]) if (at < seq) this.#remove(author, held, at)
    const run: LogEntry[] = []
    for (let next = held.get(seq); next !== undefined; next = held.get(seq + run.length)) run.push(next)
    for (const entry of run) this.#remove(author, held, entry.seq)
    return run
  }

  /** Whether entries of an author wait for an earlier one. */
  has(author: AccountId): boolean {
    return this.#byAuthor.has(author)
  }

  #remove(author: AccountId, held: Map<number, LogEntry>, seq: number): void {
    if (!held.delete(seq)) return
    this.#size -= 1
    if (held.size === 0) this.#byAuthor.delete(author)
  }
}
