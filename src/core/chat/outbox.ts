import { toBase64Url } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { EntryId, RoomId } from '../base/ids.ts'
import type { Identity } from '../identity/index.ts'
import { readBody, writeBody, type WireBody } from './body.ts'
import { maxRefs } from './constants.ts'
import { signEntry, type LogEntry } from './entry.ts'
import { EmptyMessageError } from './errors.ts'
import { compareTimes, type HybridClock, type HybridTime } from './hybrid-clock.ts'
import type { EntryBody, TimelineEntry } from './index.ts'
import type { RoomLogs } from './room-logs.ts'
import type { RowMaker } from './rows.ts'
import type { Timeline } from './timeline.ts'
import { TurnByKey } from './turns.ts'

export interface OutboxInit {
  readonly room: RoomId
  readonly identity: Pick<Identity, 'account' | 'sign'>
  readonly random: RandomBytes
  readonly logs: RoomLogs
  readonly hybrid: HybridClock
  readonly timeline: Timeline
  readonly rows: RowMaker
  /** Ids of other authors' newest entries, latest seen last. */
  readonly seen: () => readonly EntryId[]
  /** Resolves when it is safe to begin a log (SPEC CH-5). */
  readonly firstContact: () => Promise<void>
  readonly onAppended: (entry: TimelineEntry) => void
  readonly onChanged: (entries: readonly TimelineEntry[]) => void
  /** Our entry is stored: spread it. */
  readonly onStored: (entry: LogEntry) => void
}

/** A message on its way into our log. */
interface Draft {
  readonly key: string
  readonly wire: WireBody
  readonly time: HybridTime
  state: 'pending' | 'failed'
  /** Id of the last try: should it turn up in the log, it was this draft. */
  signed: EntryId | undefined
  /** The entry as it was found in the log. */
  stored: LogEntry | undefined
}

/** Our own entries from the moment of sending until they are stored: `pending`, then in the log, or `failed` (SPEC CH-5). */
export class Outbox {
  readonly #init: OutboxInit
  readonly #drafts = new Map<string, Draft>()
  readonly #turns = new TurnByKey()
  #lastOwn: HybridTime = { wall: 0, counter: 0 }

  constructor(init: OutboxInit) {
    this.#init = init
  }

  /** Shows a row at once and stores its entry. Throws before that for a body that cannot be sent. */
  async send(body: EntryBody): Promise<EntryId> {
    const { random, hybrid, timeline, rows, onAppended } = this.#init
    const wire = writeBody(body)
    const shown = readBody(wire)
    if (shown === undefined) throw new EmptyMessageError('there is nothing to show in this message')
    const draft: Draft = {
      key: `local:${toBase64Url(random(12))}`,
      wire,
      time: hybrid.tick(),
      state: 'pending',
      signed: undefined,
      stored: undefined,
    }
    this.#drafts.set(draft.key, draft)
    const [row] = timeline.add([rows.pending(draft.key, shown, draft.time)])
    if (row !== undefined) onAppended(row.entry)
    return this.#store(draft)
  }

  async retry(key: string): Promise<void> {
    const draft = this.#drafts.get(key)
    if (draft?.state !== 'failed') return
    this.#show(draft, 'pending')
    await this.#store(draft)
  }

  discard(key: string): void {
    if (this.#drafts.get(key)?.state !== 'failed') return
    this.#drafts.delete(key)
    this.#init.timeline.remove(key)
    this.#init.onChanged([])
  }

  /** Notes an entry of our own log; true when it was a draft of this tab, whose row is taken off the timeline. */
  settle(entry: LogEntry): boolean {
    if (compareTimes(entry.time, this.#lastOwn) > 0) this.#lastOwn = entry.time
    for (const draft of this.#drafts.values()) {
      if (draft.signed !== entry.id) continue
      draft.stored = entry
      this.#drafts.delete(draft.key)
      this.#init.timeline.remove(draft.key)
      return true
    }
    return false
  }

  /** Resolves when nothing is being stored any more. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }

  #store(draft: Draft): Promise<EntryId> {
    return this.#turns.run('own', async () => {
      const { logs, identity, firstContact, onStored } = this.#init
      try {
        // An earlier try may have been stored though its answer was lost.
        if (draft.signed !== undefined) await logs.refresh(identity.account)
        if (draft.stored !== undefined) {
          onStored(draft.stored)
          return draft.stored.id
        }
        if (logs.length(identity.account) === 0) await firstContact()
        const entry = await logs.write((seq, prev) => this.#sign(draft, seq, prev))
        onStored(entry)
        return entry.id
      } catch (error) {
        this.#show(draft, 'failed', errorName(error))
        throw error
      }
    })
  }

  async #sign(draft: Draft, seq: number, prev: EntryId | undefined): Promise<LogEntry> {
    const { room, identity, hybrid, seen } = this.#init
    const isLate = compareTimes(draft.time, this.#lastOwn) <= 0
    const entry = await signEntry(
      {
        room,
        author: identity.account,
        seq,
        prev,
        time: isLate ? hybrid.tick() : draft.time,
        refs: seen().slice(-maxRefs),
        body: draft.wire,
      },
      identity,
    )
    draft.signed = entry.id
    return entry
  }

  #show(draft: Draft, state: 'pending' | 'failed', failure?: string): void {
    const { timeline, rows, onChanged } = this.#init
    const row = timeline.get(draft.key)
    if (row === undefined || !this.#drafts.has(draft.key)) return
    draft.state = state
    const { entry: pending } = rows.pending(draft.key, row.entry.body, draft.time)
    const entry = failure === undefined ? pending : { ...pending, state, failure }
    onChanged([timeline.update(row, entry).entry])
  }
}
