import type { AccountId } from '../base/ids.ts'
import { floodNoticeMs, floodProofEntries, floodingMs, maxAuthors } from './constants.ts'

interface Case {
  /** When an item in the author's name was last dropped. */
  droppedAt: number
  /** Signed entries since the author was last at rest. */
  proven: number
  provenAt: number
  toldAt: number
}

/**
 * Who sends too much. A dropped item is never checked, so anybody could have sent it in the author's name: a person is
 * told only when enough signed entries of the author came at the same time (SPEC CH-9).
 */
export class Floods {
  readonly #onFlooded: (account: AccountId) => void
  readonly #cases = new Map<AccountId, Case>()

  constructor(onFlooded: (account: AccountId) => void) {
    this.#onFlooded = onFlooded
  }

  dropped(author: AccountId, now: number): void {
    const it = this.#case(author, now)
    it.droppedAt = now
    this.#tell(author, it, now)
  }

  proven(author: AccountId, now: number): void {
    const it = this.#case(author, now)
    if (now - it.provenAt > floodingMs) it.proven = 0
    it.proven += 1
    it.provenAt = now
    this.#tell(author, it, now)
  }

  /** Whether the author sent too much in the last seconds. */
  isFlooding(author: AccountId, now: number): boolean {
    const it = this.#cases.get(author)
    return it !== undefined && now - it.droppedAt < floodingMs
  }

  #tell(author: AccountId, it: Case, now: number): void {
    if (now - it.droppedAt > floodingMs || it.proven < floodProofEntries) return
    if (now - it.toldAt < floodNoticeMs) return
    it.toldAt = now
    this.#onFlooded(author)
  }

  #case(author: AccountId, now: number): Case {
    let it = this.#cases.get(author)
    if (it === undefined) {
      it = { droppedAt: -Infinity, proven: 0, provenAt: now, toldAt: -Infinity }
      this.#cases.set(author, it)
      if (this.#cases.size > maxAuthors) {
        for (const oldest of this.#cases.keys()) {
          this.#cases.delete(oldest)
          break
        }
      }
    }
    return it
  }
}
