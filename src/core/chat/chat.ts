import { Emitter } from '../base/events.ts'
import { errorName, NotStartedError } from '../base/errors.ts'
import type { AccountId, EntryId, PeerId } from '../base/ids.ts'
import type { Bytes } from '../base/bytes.ts'
import { breathe } from './breathe.ts'
import { afterFloodMs, chatTopic, gapDelayMs, maxRefs } from './constants.ts'
import { Delivery, type NewlyCovered } from './delivery.ts'
import type { LogEntry } from './entry.ts'
import { Floods } from './floods.ts'
import { decodeGossip, encodeGossip, type LiveItem } from './gossip.ts'
import { HybridClock } from './hybrid-clock.ts'
import type { Chat, ChatComponents, ChatEvents, ChatInit, EntryBody, TimelineEntry } from './index.ts'
import { LiveIntake } from './live-intake.ts'
import { LiveQueue } from './live-queue.ts'
import type { ChatMessage } from './messages.ts'
import { Notices } from './notices.ts'
import { Nudge } from './nudge.ts'
import { Outbox } from './outbox.ts'
import { Receipts } from './receipts.ts'
import { RefusedHeads } from './refused-heads.ts'
import { RoomLogs, type Via } from './room-logs.ts'
import { RowMaker } from './rows.ts'
import { Sync } from './sync.ts'
import { Timeline, type Row } from './timeline.ts'
import { Troubles } from './troubles.ts'
import { Turnstile } from './turnstile.ts'

/** See {@link Chat}. Wires the parts; each road of SPEC.md lives in its own file. */
export class RoomChat implements Chat {
  readonly events = new Emitter<ChatEvents>()
  readonly #parts: ChatComponents
  readonly #timeline = new Timeline()
  readonly #hybrid: HybridClock
  readonly #delivery: Delivery
  readonly #rows: RowMaker
  readonly #logs: RoomLogs
  readonly #floods: Floods
  readonly #intake: LiveIntake
  readonly #receipts: Receipts
  readonly #sync: Sync
  readonly #notices: Notices
  readonly #nudge: Nudge
  readonly #outbox: Outbox
  readonly #troubles: Troubles
  /** Newest entries of others since our own last one, latest seen last. */
  readonly #seen = new Map<AccountId, EntryId>()
  readonly #waits = new Set<() => void>()
  #unsubscribe: (() => void) | undefined
  #startedAt = 0
  #isFloodSyncPlanned = false

  constructor(parts: ChatComponents, init: ChatInit) {
    const { room, logs: store, identity, verify, clock, random, logger } = parts
    const checks = { verify, breathe: init.breathe ?? breathe }
    const self = identity.account
    const isKnown = (account: AccountId): boolean => this.#logs.has(account) || this.#isMet(account)
    this.#parts = parts
    this.#troubles = new Troubles({ clock, logger, events: this.events })
    this.#hybrid = new HybridClock(clock)
    this.#delivery = new Delivery({ idAt: (author, seq) => this.#logs.idAt(author, seq) })
    this.#rows = new RowMaker(self, clock, this.#delivery)
    this.#logs = new RoomLogs({
      room: room.id,
      self,
      store,
      logger,
      isMet: (account) => this.#isMet(account),
      onGrown: (entries, via) => this.#grown(entries, via),
      onForked: (kept, other) => this.#troubles.forked(kept, other),
    })
    this.#floods = new Floods((account) => this.events.emit('chat:flooded', { account }))
    this.#receipts = new Receipts({
      ...{ room, store, identity, verify, clock, random, logger, delivery: this.#delivery },
      onCovered: (news) => this.#covered(news),
      onSigned: (bytes) => this.#spread({ kind: 'receipt', bytes }),
    })
    const takeReceipt = (bytes: Bytes): Promise<void> => this.#receipts.take(bytes)
    const onRefused = (error: unknown): void => this.#troubles.refused(error)
    const shared = { ...checks, room: room.id, logs: this.#logs, floods: this.#floods, clock, takeReceipt }
    this.#intake = new LiveIntake({
      ...shared,
      queue: new LiveQueue({ clock, isKnown, onDropped: (author) => this.#dropped(author) }),
      onGap: (author, carrier) => this.#gap(author, carrier),
      onRefused,
    })
    this.#sync = new Sync({
      ...{ room, clock, random, logger },
      session: {
        ...shared,
        ...{ store, delivery: this.#delivery, turnstile: new Turnstile(), refused: new RefusedHeads() },
        onRefused,
      },
      onNotice: (notice, from) => this.#noticed(notice, from),
    })
    this.#notices = new Notices(room, logger)
    this.#nudge = new Nudge({
      ...{ room, clock },
      holds: (account, seq) => this.#delivery.holds(account, self, seq),
      sync: (peer) => this.#sync.soon(peer),
    })
    this.#outbox = new Outbox({
      ...{ room: room.id, identity, random, logs: this.#logs, hybrid: this.#hybrid },
      ...{ timeline: this.#timeline, rows: this.#rows },
      seen: () => [...this.#seen.values()].slice(-maxRefs),
      firstContact: () => this.#sync.firstContact(),
      onAppended: (entry) => this.events.emit('chat:appended', { entries: [entry], history: false }),
      onChanged: (entries) => this.events.emit('chat:changed', { entries }),
      onStored: (entry) => this.#publish(entry),
    })
  }

  async start(): Promise<void> {
    if (this.#unsubscribe !== undefined) return
    const { room, clock } = this.#parts
    this.#startedAt = clock.now()
    await this.#receipts.load()
    await this.#logs.load()
    this.#intake.start()
    this.#unsubscribe = room.subscribe(chatTopic, (payload) => this.#heard(payload))
    this.#sync.start()
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    for (const cancel of this.#waits) cancel()
    this.#waits.clear()
    this.#nudge.stop()
    this.#notices.stop()
    this.#sync.stop()
    await this.#outbox.idle()
    await this.#intake.stop()
    await this.#receipts.stop()
  }

  timeline(): readonly TimelineEntry[] {
    return this.#timeline.entries()
  }

  async send(body: EntryBody): Promise<EntryId> {
    this.#needStarted()
    return this.#outbox.send(body)
  }

  async retry(key: string): Promise<void> {
    this.#needStarted()
    return this.#outbox.retry(key)
  }

  discard(key: string): void {
    this.#outbox.discard(key)
  }

  #needStarted(): void {
    if (this.#unsubscribe === undefined) throw new NotStartedError('chat is not started')
  }

  #isMet(account: AccountId): boolean {
    const { room } = this.#parts
    return room.nameOf(account) !== undefined || room.members().some((member) => member.account === account)
  }

  /** Entries are durable: show them, and let others know. */
  #grown(entries: readonly LogEntry[], via: Via): void {
    const self = this.#parts.identity.account
    const firstOwn = entries.find(({ author }) => author === self)?.seq ?? Infinity
    const news = [...new Set(entries.map(({ author }) => author))].flatMap((author) =>
      this.#delivery.grown(author),
    )
    const fresh: Row[] = []
    const history: Row[] = []
    const settled: TimelineEntry[] = []
    for (const entry of entries) {
      this.#hybrid.observe(entry.time)
      const wasDraft = entry.author === self && this.#outbox.settle(entry)
      if (entry.author !== self && via !== 'disk') this.#saw(entry)
      const row = this.#rows.stored(entry)
      if (row === undefined) continue
      if (wasDraft) settled.push(...this.#timeline.add([row]).map((it) => it.entry))
      else if (this.#isHistory(entry, via)) history.push(row)
      else fresh.push(row)
    }
    this.#append(history, true)
    this.#append(fresh, false)
    if (settled.length > 0) this.events.emit('chat:changed', { entries: settled })
    this.#covered(news.map((it) => ({ ...it, to: Math.min(it.to, firstOwn) })))
    if (via !== 'disk' && entries.some(({ author }) => author !== self)) this.#receipts.due()
    if (via === 'sync') void this.#intake.follow(entries[0]?.author ?? self)
  }

  /** Catch-up brings both what was said before we came and what gossip lost just now; only the first is history. */
  #isHistory(entry: LogEntry, via: Via): boolean {
    return via === 'disk' || (via === 'sync' && entry.time.wall < this.#startedAt)
  }

  #append(rows: Row[], history: boolean): void {
    if (rows.length === 0) return
    const entries = this.#timeline.add(rows).map((row) => row.entry)
    this.events.emit('chat:appended', { entries, history })
  }

  #saw({ author, id }: LogEntry): void {
    this.#seen.delete(author) // set again as the latest
    this.#seen.set(author, id)
  }

  #covered(news: readonly NewlyCovered[]): void {
    const self = this.#parts.identity.account
    const changed = new Map<string, TimelineEntry>()
    for (const { author, from, to } of news) {
      if (author !== self) continue
      for (let seq = from; seq < to; seq++) {
        const row = this.#timeline.get(this.#logs.idAt(self, seq) ?? '')
        if (row !== undefined)
          changed.set(row.entry.key, this.#timeline.update(row, this.#rows.withReceipts(row)).entry)
      }
    }
    if (changed.size > 0) this.events.emit('chat:changed', { entries: [...changed.values()] })
  }

  #publish(entry: LogEntry): void {
    this.#seen.clear()
    this.#spread({ kind: 'entry', bytes: entry.bytes })
    this.#nudge.published(entry.seq)
  }

  #spread(item: LiveItem): void {
    const { room, logger } = this.#parts
    if (this.#unsubscribe === undefined) return
    this.#notices.send(item)
    room.publish(chatTopic, encodeGossip(item)).catch((error: unknown) => {
      logger('debug', 'chat.publish-failed', { error: errorName(error) }) // the nudge and the next round bring it
    })
  }

  #heard(payload: Bytes): void {
    try {
      this.#intake.offer(decodeGossip(payload))
    } catch (error) {
      this.#troubles.refused(error)
    }
  }

  #noticed(notice: Extract<ChatMessage, { t: 'notice' }>, from: PeerId): void {
    for (const bytes of notice.entries) this.#intake.offer({ kind: 'entry', bytes }, from)
    for (const bytes of notice.receipts) this.#intake.offer({ kind: 'receipt', bytes }, from)
  }

  #gap(author: AccountId, carrier: PeerId | undefined): void {
    this.#after(gapDelayMs, () => {
      if (this.#intake.isWaiting(author)) this.#sync.soonFor(author, carrier, 0)
    })
  }

  #dropped(author: AccountId): void {
    this.#floods.dropped(author, this.#parts.clock.now())
    if (this.#isFloodSyncPlanned) return
    this.#isFloodSyncPlanned = true
    this.#after(afterFloodMs, () => {
      this.#isFloodSyncPlanned = false
      this.#sync.soonFor(author, undefined, 0)
    })
  }

  #after(delayMs: number, run: () => void): void {
    const cancel = this.#parts.clock.after(delayMs, () => {
      this.#waits.delete(cancel)
      run()
    })
    this.#waits.add(cancel)
  }
}
