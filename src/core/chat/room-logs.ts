import { errorName } from '../base/errors.ts'
import type { AccountId, EntryId, RoomId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { LogStore } from '../storage/index.ts'
import { breathe } from './breathe.ts'
import { loadPageEntries, maxAppendTries, maxRunBytes, maxRunEntries } from './constants.ts'
import { decodeEntry, type LogEntry } from './entry.ts'
import { ForkedLogError, LogFullError } from './errors.ts'
import { LogBounds } from './log-bounds.ts'
import type { LogHead } from './receipt.ts'
import { TurnByKey } from './turns.ts'

/** How entries came to be known: from our store at start, just now, by catch-up, or written by this tab. */
export type Via = 'disk' | 'live' | 'sync' | 'own'

export interface RoomLogsInit {
  readonly room: RoomId
  readonly self: AccountId
  readonly store: LogStore
  readonly logger: Logger
  /** Accounts admitted as members now or before; they are kept beyond the bound on strangers. */
  readonly isMet: (account: AccountId) => boolean
  /** Entries are durable and known from here on; each author's in log order, never twice. */
  readonly onGrown: (entries: readonly LogEntry[], via: Via) => void
  /** An author signed two histories: `other` is the signed proof against what is kept. */
  readonly onForked: (kept: EntryId | undefined, other: LogEntry) => void
}

/** Most proofs of forks kept, one for each author. */
const maxForks = 256

/** Lost appends in a row after which nothing new was found: the store does not keep its word, so stop. */
const maxFruitlessTries = 8

/**
 * The room's logs as this tab knows them: ids by author and position, a mirror of the store. The store is the truth and
 * is shared with the profile's other tabs: when it has moved on, what is new there is taken in first (SPEC CH-5).
 */
export class RoomLogs {
  readonly #init: RoomLogsInit
  readonly #ids = new Map<AccountId, EntryId[]>()
  readonly #bounds: LogBounds
  readonly #turns = new TurnByKey()
  /** Signed proof that an author's log forked (SPEC CH-6). */
  readonly forks = new Map<AccountId, LogEntry>()

  constructor(init: RoomLogsInit) {
    this.#init = init
    this.#bounds = new LogBounds(init.self, init.isMet)
  }

  /** Takes in everything stored. The bytes were checked before they were stored. */
  async load(): Promise<void> {
    const { store, room, onGrown } = this.#init
    const entries: LogEntry[] = []
    for (const [author, head] of await store.heads(room)) await this.#absorb(author, head, entries)
    if (entries.length > 0) onGrown(entries, 'disk')
  }

  authors(): IterableIterator<AccountId> {
    return this.#ids.keys()
  }

  has(author: AccountId): boolean {
    return this.#ids.has(author)
  }

  /** Entries known of an author. */
  length(author: AccountId): number {
    return this.#ids.get(author)?.length ?? 0
  }

  idAt(author: AccountId, seq: number): EntryId | undefined {
    return this.#ids.get(author)?.[seq]
  }

  head(author: AccountId): LogHead | undefined {
    const ids = this.#ids.get(author)
    const id = ids?.at(-1)
    return ids === undefined || id === undefined ? undefined : { seq: ids.length - 1, id }
  }

  /**
   * Adds checked entries of one author in order, each run that follows the log stored durably in one go. Those already
   * known are passed over. `gap` tells that the rest comes after entries not known here.
   * Throws `ForkedLogError`, `LogFullError`, `QuotaExceededError`, `StorageError`; what was added before stays.
   */
  extend(author: AccountId, entries: readonly LogEntry[], via: Via): Promise<'added' | 'gap'> {
    return this.#turns.run(author, async () => {
      const grown: LogEntry[] = []
      try {
        return await this.#addAll(author, entries, grown)
      } finally {
        if (grown.length > 0) this.#init.onGrown(grown, via)
      }
    })
  }

  /**
   * Writes one entry at the end of our own log: `make` signs for a position and may be asked again when another tab
   * was faster. Throws as {@link extend} does.
   */
  write(make: (seq: number, prev: EntryId | undefined) => Promise<LogEntry>): Promise<LogEntry> {
    const { self } = this.#init
    return this.#turns.run(self, async () => {
      let fruitless = 0
      for (let tries = 1; ; tries++) {
        const entry = await make(this.length(self), this.head(self)?.id)
        const problem = this.#bounds.problem(entry, this.length(self))
        if (problem !== undefined) throw new LogFullError(problem)
        try {
          await this.#store([entry])
        } catch (error) {
          fruitless = (await this.#absorbed(self, entry)) ? 0 : fruitless + 1
          if (this.idAt(self, entry.seq) === entry.id) return entry // it was stored, only the answer was lost
          const mayRetry = fruitless < maxFruitlessTries && tries < maxAppendTries
          if (errorName(error) !== 'HeadMovedError' || !mayRetry) throw error
          continue
        }
        this.#push(entry)
        this.#init.onGrown([entry], 'own')
        return entry
      }
    })
  }

  /** Takes in what another tab of this profile stored of an author since. */
  refresh(author: AccountId): Promise<void> {
    return this.#turns.run(author, async () => {
      const { store, room, onGrown } = this.#init
      const head = (await store.heads(room)).get(author)
      const grown: LogEntry[] = []
      await this.#absorb(author, head, grown)
      if (grown.length > 0) onGrown(grown, 'live')
    })
  }

  async #addAll(
    author: AccountId,
    entries: readonly LogEntry[],
    grown: LogEntry[],
  ): Promise<'added' | 'gap'> {
    let lost = 0
    for (let rest = this.#unknown(entries); rest.length > 0; rest = this.#unknown(rest)) {
      const length = this.length(author)
      const run = this.#nextRun(author, rest)
      if (run.length === 0) return this.#refuse(rest[0], length)
      try {
        await this.#store(run)
      } catch (error) {
        if (errorName(error) !== 'HeadMovedError') throw error
        const { store, room } = this.#init
        await this.#absorb(author, (await store.heads(room)).get(author), grown)
        lost += 1
        if (this.length(author) === length || lost >= maxAppendTries) throw error
        continue
      }
      for (const entry of run) this.#push(entry)
      grown.push(...run)
    }
    return 'added'
  }

  /** Entries from the first one on that is not known here. */
  #unknown(entries: readonly LogEntry[]): readonly LogEntry[] {
    const first = entries.findIndex(({ author, seq, id }) => this.idAt(author, seq) !== id)
    return first < 0 ? [] : entries.slice(first)
  }

  /** The first of `entries` that follow the log and one another, within the bounds; none when not even the first does. */
  #nextRun(author: AccountId, entries: readonly LogEntry[]): readonly LogEntry[] {
    const run: LogEntry[] = []
    let [bytes, next, prev] = [0, this.length(author), this.head(author)?.id]
    for (const entry of entries.slice(0, maxRunEntries)) {
      const size = entry.bytes.byteLength
      const follows = entry.seq === next && entry.prev === prev
      if (!follows || bytes + size > maxRunBytes) break
      if (this.#bounds.problem(entry, next, { entries: run.length, bytes }) !== undefined) break
      run.push(entry)
      ;[bytes, next, prev] = [bytes + size, next + 1, entry.id]
    }
    return run
  }

  /** Why an entry cannot be taken next: something is missing before it, or it never can be. */
  #refuse(entry: LogEntry | undefined, length: number): 'gap' {
    if (entry === undefined || entry.seq > length) return 'gap'
    const { author, seq, prev } = entry
    if (seq < length) return this.#fork(this.idAt(author, seq), entry)
    if (prev !== this.head(author)?.id) return this.#fork(this.head(author)?.id, entry)
    throw new LogFullError(this.#bounds.problem(entry, length) ?? 'expected an entry that fits one run')
  }

  #fork(kept: EntryId | undefined, other: LogEntry): never {
    if (!this.forks.has(other.author) && this.forks.size < maxForks) {
      this.forks.set(other.author, other)
      this.#init.onForked(kept, other)
    }
    throw new ForkedLogError(`author signed two histories, position ${other.seq}`)
  }

  /** After a failed append of our own: whether the store had something new to take in. */
  async #absorbed(author: AccountId, entry: LogEntry): Promise<boolean> {
    const { store, room, onGrown } = this.#init
    const grown: LogEntry[] = []
    try {
      await this.#absorb(author, (await store.heads(room)).get(author), grown)
    } catch {
      return false // the append's own error says more
    }
    const others = grown.filter(({ id }) => id !== entry.id)
    if (others.length > 0) onGrown(others, 'live')
    if (others.length < grown.length) onGrown([entry], 'own')
    return grown.length > 0
  }

  /** Reads what the store has past what is known. An unreadable entry keeps its place and is not shown. */
  async #absorb(author: AccountId, head: LogHead | undefined, grown: LogEntry[]): Promise<void> {
    const { store, room, logger } = this.#init
    if (head === undefined) return
    for (let from = this.length(author); from <= head.seq; from = this.length(author)) {
      const page = await store.range(room, author, from, Math.min(head.seq + 1, from + loadPageEntries))
      if (page.length === 0) return
      for (const stored of page) {
        this.#push(stored)
        try {
          grown.push(decodeEntry(stored.bytes, room, stored.id))
        } catch (error) {
          logger('error', 'chat.stored-entry-unreadable', {
            author,
            seq: stored.seq,
            error: errorName(error),
          })
        }
      }
      await breathe()
    }
  }

  /** Stores entries that follow one another at the end of their author's log, all or none. */
  async #store(run: readonly LogEntry[]): Promise<void> {
    const stored = run.map(({ author, seq, id, bytes }) => ({ author, seq, id, bytes }))
    await this.#init.store.appendAll(this.#init.room, stored, run[0]?.prev)
  }

  #push({ author, id, bytes }: Pick<LogEntry, 'author' | 'id' | 'bytes'>): void {
    const ids = this.#ids.get(author) ?? []
    ids.push(id)
    this.#ids.set(author, ids)
    this.#bounds.count(author, bytes.byteLength)
  }
}
