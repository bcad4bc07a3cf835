import { toBase64Url } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { Want } from './adapt.ts'
import { maxLinks, maxTabsPerAccount } from './constants.ts'
import { SignalOrderError } from './errors.ts'
import type { GroupCallInit } from './group-call-init.ts'
import type { Participant } from './index.ts'
import { Link, type LinkListener } from './link.ts'
import { LinkCare } from './link-care.ts'
import { LinkOpener } from './link-opener.ts'
import type { LocalSession } from './media.ts'
import type { CallMessage, EndWord, JoinMessage, LinkId, SessionId } from './messages.ts'
import { participantsOf } from './participants.ts'
import { Places } from './places.ts'
import type { LinkQuality } from './quality.ts'
import type { CallRequest } from './requests.ts'
import type { CallChannel } from './protocol.ts'
import { Retries } from './retries.ts'
import type { RosterEntry } from './roster.ts'

/**
 * Our stay in one call: devices once, one link per other participant. Of two participants the one with the lower peer id
 * opens the link, so both never do (SPEC CA-15).
 */
export class GroupCall {
  readonly session: SessionId
  readonly init: GroupCallInit
  readonly #links = new Map<PeerId, Link>()
  readonly #places = new Places()
  readonly #retries: Retries
  readonly #opener: LinkOpener
  /** Stays that broke a rule of signalling: not linked to again. */
  readonly #refused = new Set<SessionId>()
  readonly #linkListener: LinkListener
  #roster: readonly RosterEntry[] = []
  #local: LocalSession | undefined
  #isRung: boolean
  readonly #care: LinkCare
  #isClosed = false

  constructor(init: GroupCallInit) {
    this.init = init
    this.#isRung = init.isRung
    this.session = toBase64Url(init.random(8)) as SessionId // 8 fresh bytes make a session
    const { room, clock, call, logger } = init
    this.#retries = new Retries(clock)
    this.#care = new LinkCare(clock, this.#links, () => init.listener.measured())
    this.#opener = new LinkOpener({
      ...{ room, clock, call, session: this.session },
      isCurrent: (link) => this.#links.get(link.peer) === link,
      onRefused: (error) => logger('warn', 'call signalling refused', { error: errorName(error) }),
    })
    this.#linkListener = {
      changed: (link) => {
        if (link.state === 'connected') this.#retries.linked(link.peer)
        this.#care.limitAll()
        this.init.listener.changed()
      },
      heard: (link, message) => this.#heard(link, message),
      channelLost: (link) => this.#channelLost(link),
      broke: (link, error, isRule) => this.#broke(link, error, isRule),
      expired: (link) => this.#expired(link),
    }
  }

  get local(): LocalSession | undefined {
    return this.#local
  }
  get isRung(): boolean {
    return this.#isRung
  }

  /** Whether it is live: linked to somebody, or open to be joined when nobody in particular is waited for. */
  isReady(rung: AccountId | undefined): boolean {
    if (rung === undefined && this.#local !== undefined) return true
    return [...this.#links.values()].some(({ state }) => state === 'connected')
  }

  /** Opens the devices, then binds every link there is. Rejects when the engine cannot work at all. */
  async open(): Promise<void> {
    const local = await this.init.engine.open(this.init.call, this.init.wanted)
    if (this.#isClosed) return local.close()
    this.#local = local
    local.onLocal((now) => this.init.listener.local(now))
    this.init.listener.local(local.local())
    for (const link of this.#links.values()) this.#bind(link)
    this.#care.start()
  }

  /** Takes over the link of a ring that was accepted. */
  adopt(link: Link): void {
    this.#put(link)
    link.enter()
    this.init.listener.changed()
  }

  /** Asks a participant for so much of its camera; kept for links that are yet to be made. */
  want(peer: PeerId, want: Want): void {
    this.#care.want(peer, want)
  }

  /** Asks one participant, or all. */
  ask(what: CallRequest, peer?: PeerId): void {
    for (const link of this.#links.values()) {
      if (peer === undefined || link.peer === peer) void link.channel?.send({ t: 'ask', what })
    }
  }

  qualityOf(peer: PeerId): LinkQuality | undefined {
    return this.#links.get(peer)?.quality
  }

  isLinked(peer: PeerId): boolean {
    return this.#links.get(peer)?.state === 'connected'
  }

  /** Everyone else in the call, each in the place it keeps. */
  people(): readonly Participant[] {
    const seen = { roster: this.#roster, links: this.#links, now: this.init.clock.now() }
    return this.#places.arrange(participantsOf({ ...seen, isLost: (peer) => this.#retries.has(peer) }))
  }

  /** Meets who came and lets go of who left. @param roster entries of this call, ourselves not among them */
  sync(roster: readonly RosterEntry[]): void {
    const before = this.#roster
    this.#roster = roster
    for (const link of [...this.#links.values()]) {
      const isGone = !roster.some(({ peer }) => peer === link.peer)
      if (isGone && before.some(({ peer }) => peer === link.peer)) this.#gone(link)
      if (this.#isClosed) return
    }
    for (const peer of this.#retries.peers()) {
      if (roster.some((entry) => entry.peer === peer)) continue
      this.#retries.forget(peer)
      this.#care.forget(peer)
    }
    if (roster.length > 1) this.#isRung = false
    for (const entry of roster) this.#meet(entry)
    this.init.listener.changed()
  }

  #meet(entry: RosterEntry): void {
    const { peer, account, said } = entry
    const link = this.#links.get(peer)
    if (link !== undefined) {
      link.session ??= said.session
      if (link.session === said.session) return
      this.#drop(link) // it came back as a new stay: the old connection leads nowhere
    }
    if (entry.isAway || this.#refused.has(said.session) || this.#retries.has(peer)) return
    if (this.init.room.self.peer > peer || !this.#hasRoomFor(account)) return
    const id = toBase64Url(this.init.random(16)) as LinkId // 16 fresh bytes make a link id
    const { clock, isRelayOnly } = this.init
    const fresh = new Link({ id, peer, account, isOpener: true, isRelayOnly, clock }, said.session)
    this.#put(fresh)
    fresh.enter()
    void this.#opener.open(fresh, true)
  }

  #hasRoomFor(account: AccountId): boolean {
    const tabs = [...this.#links.values()].filter((link) => link.init.account === account)
    return this.#links.size < maxLinks && tabs.length < maxTabsPerAccount
  }

  #put(link: Link): void {
    link.listener = this.#linkListener
    this.#links.set(link.peer, link)
    this.#care.tell(link)
    this.#bind(link)
  }

  #bind(link: Link): void {
    if (this.#local !== undefined) link.bind(this.#local)
  }

  /** Answers a participant that links to us. Throws `SignalOrderError` when it may not. */
  answer(channel: CallChannel, join: JoinMessage, account: AccountId): void {
    const known = this.#links.get(channel.peer)
    const isStale = join.call !== this.init.call || join.to !== this.session || this.#refused.has(join.from)
    if (!isStale && known?.init.id === join.link && (known.session ?? join.from) === join.from) {
      if (known.init.isOpener) throw new SignalOrderError('this side opens the link')
      known.attach(channel)
      return
    }
    if (isStale || !join.isFresh) return void channel.end({ t: 'end', reason: 'stale' })
    if (channel.peer > this.init.room.self.peer) throw new SignalOrderError('this side opens the link')
    if (known !== undefined) this.#drop(known)
    if (!this.#hasRoomFor(account)) return void channel.end({ t: 'end', reason: 'failed' })
    const { clock, isRelayOnly } = this.init
    const { peer } = channel
    const link = new Link({ id: join.link, peer, account, isOpener: false, isRelayOnly, clock }, join.from)
    this.#put(link)
    link.enter()
    link.attach(channel)
    this.init.listener.changed()
  }

  #heard(link: Link, message: CallMessage): void {
    if (message.t === 'ask') return this.init.listener.asked(link.init.peer, link.init.account, message.what)
    if (message.t !== 'end') return // answers out of turn change nothing
    if (message.reason === 'stale') return this.#again(link)
    if (message.reason === 'failed' && !this.#isRung) return this.#again(link)
    const { peer } = link
    this.#drop(link)
    this.init.listener.left(peer)
    if (this.#isRung) this.init.listener.over(message.reason === 'failed' ? 'failed' : 'hung-up')
  }

  #channelLost(link: Link): void {
    if (link.init.isOpener) void this.#opener.open(link, link.state === 'connecting')
  }

  #broke(link: Link, error: unknown, isRule: boolean): void {
    this.init.logger('warn', 'call link failed', { error: errorName(error) })
    if (isRule && link.session !== undefined) this.#refused.add(link.session)
    if (this.#isRung) this.init.listener.over('failed', 'failed')
    else this.#again(link, 'failed')
  }

  #expired(link: Link): void {
    if (this.#isRung) this.init.listener.over(link.state === 'connecting' ? 'failed' : 'lost', 'failed')
    else this.#again(link, 'failed')
  }

  #gone(link: Link): void {
    this.#drop(link, 'hung-up')
    if (this.#isRung) this.init.listener.over('hung-up')
  }

  /** Gives a link up and, while the other is still in the call, makes a new one after a growing pause. */
  #again(link: Link, last?: EndWord): void {
    const { peer } = link
    this.#drop(link, last)
    if (this.#isClosed) return
    this.#retries.later(peer, () => {
      const entry = this.#roster.find((one) => one.peer === peer)
      if (entry !== undefined) this.#meet(entry)
      this.init.listener.changed()
    })
    this.init.listener.changed()
  }

  #drop(link: Link, last?: EndWord): void {
    link.close(last)
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer)
  }

  /** A member said goodbye: the link of a ring goes with it, though it never announced itself. */
  memberLeft(peer: PeerId): void {
    const link = this.#links.get(peer)
    if (link !== undefined) this.#gone(link)
  }

  /** The network changed: every link looks for a new way. @param all also those that work */
  restart(all: boolean): void {
    for (const link of this.#links.values()) if (all || link.state === 'reconnecting') link.restart()
  }

  /** Makes every link anew, by the rules of now: the old connection is closed before anything else (SPEC CA-22). */
  relink(): void {
    for (const link of [...this.#links.values()]) {
      this.#drop(link, 'stale')
      const entry = this.#roster.find(({ peer }) => peer === link.peer)
      if (entry !== undefined) this.#meet(entry)
    }
    this.init.listener.changed()
  }

  /** Releases devices and links, telling the others. Twice is fine. */
  close(last: EndWord = 'hung-up'): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#care.stop()
    this.#retries.stop()
    for (const link of [...this.#links.values()]) this.#drop(link, last)
    this.#local?.close()
  }
}
