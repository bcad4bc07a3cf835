import type { Clock } from '../base/clock.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Room } from '../room/index.ts'
import {
  announceProtocol,
  maxAnnounceFrameBytes,
  maxAnnouncementsPerTenSeconds,
  maxAnnounceStreamsPerMinute,
  maxReactionsPerTenSeconds,
  reconnectGraceMs,
} from './constants.ts'
import { SignalFloodError } from './errors.ts'
import { decodeAnnouncement, type AnnounceMessage, type Announcement } from './messages.ts'
import type { Reaction } from './reactions.ts'
import { RateWindow } from './rate.ts'

/** A member's tab that says it is in a call. */
export interface RosterEntry {
  readonly peer: PeerId
  readonly account: AccountId
  readonly said: Announcement
  /** When it went in, by our clock, ms since the epoch. */
  readonly joinedAt: number
  /** Its announcements broke off; it has 30 s to come back. */
  readonly isAway: boolean
}

interface RosterInit {
  readonly room: Room
  readonly clock: Clock
  readonly onChanged: () => void
  readonly onReaction: (peer: PeerId, account: AccountId, emoji: Reaction) => void
  /** Whether a silent participant is still seen by other means: its media still flows. */
  readonly isAlive: (peer: PeerId) => boolean
}

interface Source {
  stream: MeshStream | undefined
  readonly messages: RateWindow
  readonly streams: RateWindow
  readonly reactions: RateWindow
}

/** Who is in which call, as the members themselves say (SPEC CA-13). Announcements come on streams, so nobody speaks for another. */
export class Roster {
  readonly #init: RosterInit
  readonly #entries = new Map<PeerId, RosterEntry>()
  readonly #sources = new Map<PeerId, Source>()
  readonly #expiry = new Map<PeerId, () => void>()
  #stopping: (() => void)[] = []

  constructor(init: RosterInit) {
    this.#init = init
  }

  start(): void {
    const { room } = this.#init
    this.#stopping = [
      room.handle(announceProtocol, (stream) => this.#read(stream), {
        maxFrameBytes: maxAnnounceFrameBytes,
        overRelay: true,
      }),
      room.events.on('member:left', ({ peer }) => {
        this.#sources.delete(peer)
        this.drop(peer)
      }),
    ]
  }

  stop(): void {
    for (const stop of this.#stopping.splice(0)) stop()
    for (const cancel of this.#expiry.values()) cancel()
    this.#expiry.clear()
    this.#entries.clear()
    this.#sources.clear()
  }

  entries(): readonly RosterEntry[] {
    return [...this.#entries.values()]
  }

  /** Takes a participant out until it announces itself again. */
  drop(peer: PeerId): void {
    this.#expiry.get(peer)?.()
    this.#expiry.delete(peer)
    if (this.#entries.delete(peer)) this.#init.onChanged()
  }

  async #read(stream: MeshStream): Promise<void> {
    const { peer } = stream
    const source = this.#sourceOf(peer)
    if (!source.streams.take()) throw new SignalFloodError('too many streams of announcements')
    source.stream = stream
    try {
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        if (source.stream !== stream) return // a newer one speaks now
        this.#heard(peer, source, decodeAnnouncement(frame))
      }
    } finally {
      if (source.stream === stream) {
        source.stream = undefined
        this.#silent(peer)
      }
      void stream.close()
    }
  }

  #sourceOf(peer: PeerId): Source {
    const { clock } = this.#init
    const known = this.#sources.get(peer)
    if (known !== undefined) return known
    const source: Source = {
      stream: undefined,
      messages: new RateWindow(clock, maxAnnouncementsPerTenSeconds, 10_000),
      streams: new RateWindow(clock, maxAnnounceStreamsPerMinute, 60_000),
      reactions: new RateWindow(clock, maxReactionsPerTenSeconds, 10_000),
    }
    this.#sources.set(peer, source)
    return source
  }

  #heard(peer: PeerId, source: Source, message: AnnounceMessage): void {
    if (!source.messages.take()) throw new SignalFloodError('too many announcements')
    const member = this.#init.room.member(peer)
    if (member === undefined) return
    if (message.t === 'out') this.drop(peer)
    else if (message.t === 'in') this.#put(peer, member.account, message)
    else if (this.#entries.has(peer) && source.reactions.take()) {
      this.#init.onReaction(peer, member.account, message.emoji)
    }
  }

  #put(peer: PeerId, account: AccountId, said: Announcement): void {
    this.#expiry.get(peer)?.()
    this.#expiry.delete(peer)
    const known = this.#entries.get(peer)
    const isSame = known?.said.session === said.session
    const joinedAt = isSame ? known.joinedAt : this.#init.clock.now() - said.ageMs
    this.#entries.set(peer, { peer, account, said, joinedAt, isAway: false })
    this.#init.onChanged()
  }

  #silent(peer: PeerId): void {
    const entry = this.#entries.get(peer)
    if (entry === undefined || entry.isAway) return
    this.#entries.set(peer, { ...entry, isAway: true })
    this.#expireLater(peer)
    this.#init.onChanged()
  }

  #expireLater(peer: PeerId): void {
    this.#expiry.get(peer)?.()
    const cancel = this.#init.clock.after(reconnectGraceMs, () => {
      if (this.#init.isAlive(peer)) this.#expireLater(peer)
      else this.drop(peer)
    })
    this.#expiry.set(peer, cancel)
  }
}
