import type { Clock } from '../base/clock.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import { checkSignatures, type Checks } from './checks.ts'
import { checksPerSlice } from './constants.ts'
import { EarlyEntries } from './early.ts'
import { decodeEntry, type LogEntry } from './entry.ts'
import type { Floods } from './floods.ts'
import type { LiveItem } from './gossip.ts'
import type { LiveQueue, QueuedItem } from './live-queue.ts'
import type { RoomLogs } from './room-logs.ts'

export interface LiveIntakeInit extends Checks {
  readonly room: RoomId
  readonly queue: LiveQueue
  readonly logs: RoomLogs
  readonly floods: Floods
  readonly clock: Clock
  readonly takeReceipt: (bytes: LiveItem['bytes']) => Promise<void>
  /** Entries before these are missing here: catch-up is due. */
  readonly onGap: (author: AccountId, carrier: PeerId | undefined) => void
  /** An item was refused, or could not be kept; `error` is its named error. */
  readonly onRefused: (error: unknown) => void
}

/** Checks, stores and hands on live items, a slice at a time, so that no flood holds the tab (SPEC CH-9). */
export class LiveIntake {
  readonly #init: LiveIntakeInit
  readonly #early = new EarlyEntries()
  #running: Promise<void> | undefined
  #isStopped = true

  constructor(init: LiveIntakeInit) {
    this.#init = init
  }

  start(): void {
    this.#isStopped = false
  }

  /** Takes an item within its bounds; drops it otherwise. */
  offer(item: LiveItem, carrier?: PeerId): void {
    if (this.#isStopped || !this.#init.queue.offer(item, carrier)) return
    this.#running ??= this.#run()
  }

  /** Entries of an author grew by another road: those that waited may follow now. */
  async follow(author: AccountId): Promise<void> {
    const { logs } = this.#init
    const run = this.#early.follow(author, logs.length(author))
    if (run.length > 0) await this.#extend(author, run, undefined)
  }

  isWaiting(author: AccountId): boolean {
    return this.#early.has(author)
  }

  /** Drops what waits and resolves when nothing is being stored any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    const { queue, breathe } = this.#init
    await breathe() // what arrives in one turn is handled together
    while (!queue.isEmpty && !this.#isStopped) {
      await this.#slice(queue.take(checksPerSlice))
      await breathe()
    }
    this.#running = undefined
  }

  async #slice(items: readonly QueuedItem[]): Promise<void> {
    const byAuthor = new Map<AccountId, { entries: LogEntry[]; carrier: PeerId | undefined }>()
    for (const { kind, bytes, carrier } of items) {
      try {
        if (kind === 'receipt') await this.#init.takeReceipt(bytes)
        else this.#sort(decodeEntry(bytes, this.#init.room), carrier, byAuthor)
      } catch (error) {
        this.#init.onRefused(error)
      }
    }
    for (const [author, { entries, carrier }] of byAuthor) {
      const good = await this.#checked(entries)
      if (good.length > 0) await this.#extend(author, good, carrier)
    }
  }

  #sort(
    entry: LogEntry,
    carrier: PeerId | undefined,
    byAuthor: Map<AccountId, { entries: LogEntry[]; carrier: PeerId | undefined }>,
  ): void {
    if (this.#init.logs.idAt(entry.author, entry.seq) === entry.id) return // known: no signature to check
    const group = byAuthor.get(entry.author) ?? { entries: [], carrier }
    group.entries.push(entry)
    byAuthor.set(entry.author, group)
  }

  /** Those with good signatures, in log order. A forgery among them must not take the others down. */
  async #checked(entries: readonly LogEntry[]): Promise<LogEntry[]> {
    const { floods, clock, onRefused } = this.#init
    const good: LogEntry[] = []
    let rest = entries
    while (rest.length > 0) {
      const checked = await checkSignatures(rest, this.#init)
      good.push(...checked.good)
      if (checked.error === undefined) break
      onRefused(checked.error)
      rest = rest.slice(checked.good.length + 1)
    }
    for (const { author } of good) floods.proven(author, clock.now())
    return good.sort((a, b) => a.seq - b.seq)
  }

  async #extend(author: AccountId, entries: readonly LogEntry[], carrier: PeerId | undefined): Promise<void> {
    const { logs, onGap, onRefused } = this.#init
    try {
      if ((await logs.extend(author, entries, 'live')) === 'gap') {
        for (const entry of entries) if (entry.seq >= logs.length(author)) this.#early.hold(entry)
        onGap(author, carrier)
      }
      await this.follow(author)
    } catch (error) {
      onRefused(error)
    }
  }
}
