import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, RoomId } from '../base/ids.ts'
import { within } from '../base/wait.ts'
import { checkSignatures, type Checks } from './checks.ts'
import {
  answerTimeoutMs,
  floodCatchUpEntries,
  maxAnswerEntries,
  maxRelayedBytes,
  turnMs,
} from './constants.ts'
import { decodeEntry, type LogEntry } from './entry.ts'
import { BrokenChainError } from './errors.ts'
import type { Floods } from './floods.ts'
import type { AuthorHead } from './messages.ts'
import type { RefusedHeads } from './refused-heads.ts'
import type { RoomLogs } from './room-logs.ts'
import type { Turnstile } from './turnstile.ts'

/** Authors whose entries one carrier may bring in bad shape before the session ends. */
const maxStrikes = 8

/** A request for entries of one author from a position on. */
export interface Want {
  readonly author: AccountId
  readonly from: number
  readonly max: number
}

export interface PullerInit extends Checks {
  readonly room: RoomId
  readonly clock: Clock
  readonly logs: RoomLogs
  readonly floods: Floods
  /** One session asks at a time, so that five members do not send the same history. */
  readonly turnstile: Turnstile
  readonly refused: RefusedHeads
  readonly isRelayed: boolean
  /** Entries that could not be taken, by their named error. */
  readonly onRefused: (error: unknown) => void
  readonly ask: (want: Want) => Promise<{ author: AccountId; from: number; list: readonly Bytes[] }>
}

/** Asks the other side of a session for what is missing here, until nothing is or a bound is reached (SPEC CH-12). */
export class Puller {
  readonly #init: PullerInit
  /** Authors this session is through with, however it went. */
  readonly #closed = new Set<AccountId>()
  readonly #taken = new Map<AccountId, number>()
  #bytes = 0
  #strikes = 0
  #isStopped = false
  /** Whether a bound stopped us before everything was asked for. */
  hasMore = false

  constructor(init: PullerInit) {
    this.#init = init
  }

  /** Throws what the other side did wrong, `TimeoutError`, or `StreamClosedError`. */
  async run(heads: readonly AuthorHead[]): Promise<void> {
    const { turnstile, clock } = this.#init
    while (this.#next(heads) !== undefined) {
      const release = await turnstile.enter()
      try {
        const until = clock.now() + turnMs
        let want = this.#next(heads)
        while (want !== undefined && clock.now() <= until) {
          await this.#pull(want, heads)
          want = this.#next(heads)
        }
      } finally {
        release()
      }
    }
  }

  /** What to ask next: flooding authors last, then the shortest gap first, so that one long log holds nobody up. */
  #next(heads: readonly AuthorHead[]): Want | undefined {
    const { clock, floods, isRelayed } = this.#init
    if (this.#isStopped) return undefined
    if (isRelayed && this.#bytes >= maxRelayedBytes) {
      this.hasMore = true
      return undefined
    }
    let best: { want: Want; cost: number } | undefined
    for (const head of heads) {
      if (this.#closed.has(head.author)) continue
      const want = this.#wantFor(head)
      if (want === undefined) continue
      const penalty = floods.isFlooding(head.author, clock.now()) ? Number.MAX_SAFE_INTEGER / 2 : 0
      const cost = penalty + head.seq - want.from
      if (best === undefined || cost < best.cost) best = { want, cost }
    }
    return best?.want
  }

  #wantFor(head: AuthorHead): Want | undefined {
    const { logs, refused, floods, clock } = this.#init
    const { author, seq, id } = head
    if (refused.has(author, id)) return undefined
    const length = logs.length(author)
    if (seq >= length) {
      if (!floods.isFlooding(author, clock.now())) return { author, from: length, max: maxAnswerEntries }
      const left = floodCatchUpEntries - (this.#taken.get(author) ?? 0)
      if (left > 0) return { author, from: length, max: Math.min(left, maxAnswerEntries) }
      this.hasMore = true
      return undefined
    }
    // Another entry where we have one: ask for it once, as proof of the fork.
    const isOther = logs.idAt(author, seq) !== id
    return isOther && !logs.forks.has(author) ? { author, from: seq, max: 1 } : undefined
  }

  async #pull(want: Want, heads: readonly AuthorHead[]): Promise<void> {
    const { ask, clock, logs, onRefused } = this.#init
    const answer = await within(ask(want), 'chat answer', { clock, timeoutMs: answerTimeoutMs })
    if (answer.author !== want.author || answer.from !== want.from || answer.list.length > want.max) {
      throw new BrokenChainError('answer is for another request')
    }
    const before = logs.length(want.author)
    try {
      await this.#take(want, answer)
    } catch (error) {
      onRefused(error)
      this.#close(want, heads, error)
    }
    // An empty answer, or a probe: nothing more to be had from here.
    if (answer.list.length === 0 || logs.length(want.author) === before) this.#closed.add(want.author)
  }

  /** Leaves an author whose entries could not be taken, and goes on with the others where that makes sense. */
  #close({ author }: Want, heads: readonly AuthorHead[], error: unknown): void {
    this.#closed.add(author)
    switch (errorName(error)) {
      case 'ForkedLogError':
      case 'LogFullError': {
        // Proven by the author's own signature, or our own bound: this history can never be taken.
        const head = heads.find((it) => it.author === author)
        if (head !== undefined) this.#init.refused.add(author, head.id)
        return
      }
      case 'QuotaExceededError':
      case 'StorageError':
      case 'HeadMovedError':
        this.#isStopped = true // nothing can be kept now, whoever wrote it
        return
      default:
        // The author's doing or the carrier's: nothing is proven, so another carrier may be asked for the same.
        this.#strikes += 1
        if (this.#strikes >= maxStrikes) throw asError(error)
    }
  }

  async #take(
    want: Want,
    answer: { author: AccountId; from: number; list: readonly Bytes[] },
  ): Promise<void> {
    const { good, error } = await this.#read(want, answer.list)
    if (good.length > 0) await this.#init.logs.extend(want.author, good, 'sync')
    this.#taken.set(want.author, (this.#taken.get(want.author) ?? 0) + good.length)
    if (error !== undefined) throw asError(error)
  }

  /** Decodes and checks; the entries before the first bad one are good whatever follows. */
  async #read(
    want: Want,
    list: readonly Bytes[],
  ): Promise<{ readonly good: readonly LogEntry[]; readonly error: unknown }> {
    const entries: LogEntry[] = []
    let error: unknown
    try {
      for (const bytes of list) {
        this.#bytes += bytes.byteLength
        const entry = decodeEntry(bytes, this.#init.room)
        if (entry.author !== want.author || entry.seq !== want.from + entries.length) {
          throw new BrokenChainError('entries do not follow one another')
        }
        entries.push(entry)
      }
    } catch (cause) {
      error = cause
    }
    const checked = await checkSignatures(entries, this.#init)
    return { good: checked.good, error: checked.error ?? error }
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new BrokenChainError('entries could not be taken')
}
