import type { AccountId } from '../base/ids.ts'
import {
  maxAuthorBytes,
  maxAuthorEntries,
  maxAuthors,
  maxRoomBytes,
  maxRoomEntries,
  maxStrangers,
} from './constants.ts'
import type { LogEntry } from './entry.ts'

/** Counts what is kept of a room and refuses what goes past the bounds (SPEC CH-13). */
export class LogBounds {
  readonly #self: AccountId
  readonly #isMet: (account: AccountId) => boolean
  readonly #bytes = new Map<AccountId, number>()
  #othersEntries = 0
  #othersBytes = 0
  #strangers = 0

  constructor(self: AccountId, isMet: (account: AccountId) => boolean) {
    this.#self = self
    this.#isMet = isMet
  }

  count(author: AccountId, bytes: number): void {
    const had = this.#bytes.get(author)
    if (had === undefined && author !== this.#self && !this.#isMet(author)) this.#strangers += 1
    this.#bytes.set(author, (had ?? 0) + bytes)
    if (author === this.#self) return
    this.#othersEntries += 1
    this.#othersBytes += bytes
  }

  /**
   * Why `entry`, the author's `length`-th, may not be kept, or undefined when it may. `waiting` counts what is about to be
   * kept before it of the same author.
   */
  problem(
    { author, bytes }: LogEntry,
    length: number,
    waiting: { readonly entries: number; readonly bytes: number } = { entries: 0, bytes: 0 },
  ): string | undefined {
    const had = this.#bytes.get(author)
    const added = waiting.bytes + bytes.byteLength
    if (length >= maxAuthorEntries || (had ?? 0) + added > maxAuthorBytes) {
      return `expected at most ${maxAuthorEntries} entries of one author`
    }
    if (author === this.#self) return undefined // what a person writes is bounded by the disk alone
    const entries = this.#othersEntries + waiting.entries
    if (entries >= maxRoomEntries || this.#othersBytes + added > maxRoomBytes) {
      return `expected at most ${maxRoomEntries} entries in a room`
    }
    if (had !== undefined) return undefined
    const isStrange = !this.#isMet(author)
    if (this.#bytes.size >= maxAuthors || (isStrange && this.#strangers >= maxStrangers)) {
      return `expected at most ${maxStrangers} authors who were never met`
    }
    return undefined
  }
}
