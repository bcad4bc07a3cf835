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
import { LogFullError } from './errors.ts'

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

  /** Throws `LogFullError` when `entry`, the author's `length`-th, may not be kept. */
  check({ author, bytes }: LogEntry, length: number): void {
    const had = this.#bytes.get(author) ?? 0
    if (length >= maxAuthorEntries || had + bytes.byteLength > maxAuthorBytes) {
      throw new LogFullError(`expected at most ${maxAuthorEntries} entries of one author`)
    }
    if (author === this.#self) return // what a person writes is bounded by the disk alone
    if (this.#othersEntries >= maxRoomEntries || this.#othersBytes + bytes.byteLength > maxRoomBytes) {
      throw new LogFullError(`expected at most ${maxRoomEntries} entries in a room`)
    }
    if (this.#bytes.has(author)) return
    const isStrange = !this.#isMet(author)
    if (this.#bytes.size >= maxAuthors || (isStrange && this.#strangers >= maxStrangers)) {
      throw new LogFullError(`expected at most ${maxStrangers} authors who were never met`)
    }
  }
}
