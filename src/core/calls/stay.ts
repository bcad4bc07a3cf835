import { errorName } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import { CallAnnouncer } from './announcer.ts'
import { GroupCall } from './group-call.ts'
import type {
  CallEvents,
  CallMedia,
  CallsComponents,
  CallState,
  EndReason,
  LocalMedia,
  OngoingCall,
} from './index.ts'
import type { EndWord } from './messages.ts'
import { isSameOngoing, ongoingOf } from './ongoing.ts'
import type { Reaction } from './reactions.ts'
import { announcementOf } from './ring-link.ts'
import { Roster, type RosterEntry } from './roster.ts'

const noMedia: LocalMedia = { microphone: 'muted', camera: 'off', screen: 'off' }

interface StayInit extends CallsComponents {
  readonly events: Emitter<CallEvents>
  readonly isRelayOnly: () => boolean
  readonly state: () => CallState
  readonly to: (state: CallState) => void
  /** The call is over for us. */
  readonly onOver: (reason: EndReason, last?: EndWord) => void
  /** It has become live, or who is in it has changed. */
  readonly onChanged: () => void
}

/** The call we are in, if any, and the one of the room: devices and links, what we tell the room, and what it tells us. */
export class Stay {
  readonly #init: StayInit
  readonly #roster: Roster
  readonly #announcer: CallAnnouncer
  readonly #met = new Set<AccountId>()
  #group: GroupCall | undefined
  #ongoing: OngoingCall | undefined
  #local: LocalMedia = noMedia
  #hand = false
  #since = 0

  constructor(init: StayInit) {
    this.#init = init
    const { room, clock } = init
    this.#announcer = new CallAnnouncer(room, clock)
    this.#roster = new Roster({
      room,
      clock,
      onChanged: () => this.#rosterChanged(),
      onReaction: (peer, account, emoji) => this.#reacted(peer, account, emoji),
      isAlive: (peer) => this.#group?.isLinked(peer) === true,
    })
  }

  start(): void {
    this.#roster.start()
    this.#announcer.start()
  }
  stop(): void {
    this.#announcer.stop()
    this.#roster.stop()
  }

  get group(): GroupCall | undefined {
    return this.#group
  }
  get local(): LocalMedia {
    return this.#local
  }
  get ongoing(): OngoingCall | undefined {
    return this.#ongoing
  }
  get hand(): boolean {
    return this.#hand
  }
  /** Accounts that were in the call while we were. */
  get met(): readonly AccountId[] {
    return [...this.#met]
  }

  /** Whoever says to be in this call, ourselves not among them. */
  inCall(call: CallId): readonly RosterEntry[] {
    return this.#roster.entries().filter(({ said }) => said.call === call)
  }

  /** Prepares links and devices of a call; nobody is told yet. */
  begin(call: CallId, wanted: CallMedia, isRung: boolean): GroupCall {
    const { room, media, clock, random, logger, events, isRelayOnly } = this.#init
    const isNow = () => this.#group === group
    const group: GroupCall = new GroupCall({
      ...{ room, engine: media, clock, random, logger },
      ...{ call, wanted, isRung, isRelayOnly },
      listener: {
        local: (local) => isNow() && this.#setLocal(local),
        changed: () => isNow() && this.#refresh(),
        over: (reason, last) => isNow() && this.#init.onOver(reason, last),
        measured: () => isNow() && events.emit('quality:changed', {}),
        asked: (peer, asker, what) => isNow() && events.emit('request:heard', { peer, account: asker, what }),
        left: (peer) => isNow() && this.#roster.drop(peer),
      },
    })
    this.#group = group
    this.#met.clear()
    return group
  }

  /** Opens the devices. */
  open(group: GroupCall): void {
    group.open().then(
      () => this.#group === group && this.#refresh(),
      (error: unknown) => {
        this.#init.logger('error', 'media engine failed', { error: errorName(error) })
        if (this.#group === group) this.#init.onOver('failed', 'failed')
      },
    )
  }

  /** From ringing to being in: the room is told, and who is in already is met. */
  enter(group: GroupCall, account: AccountId | undefined): void {
    this.#since = this.#init.clock.now()
    this.#init.to({ kind: 'connecting', call: group.init.call, account, people: [] })
    this.#announce()
    this.#rosterChanged()
  }

  setHand(up: boolean): void {
    if (this.#hand === up || this.#group === undefined) return
    this.#hand = up
    this.#announce()
    this.#refresh()
  }

  react(emoji: Reaction): void {
    if (this.#init.state().kind !== 'live') return
    this.#announcer.react(emoji)
    const { peer, account } = this.#init.room.self
    this.#init.events.emit('reaction:shown', { peer, account, emoji })
  }

  /** Lets go of devices and links, and tells the room. Twice is fine. */
  leave(last?: EndWord): void {
    const group = this.#group
    this.#group = undefined
    this.#hand = false
    this.#announcer.set(undefined)
    group?.close(last)
    this.#setLocal(noMedia)
  }

  /** The room's call is another one now that we are out of it. */
  left(): void {
    this.#rosterChanged()
  }

  get #isIn(): boolean {
    const { kind } = this.#init.state()
    return this.#group !== undefined && (kind === 'connecting' || kind === 'live')
  }

  #announce(): void {
    const group = this.#group
    if (group === undefined || !this.#isIn) return this.#announcer.set(undefined)
    this.#announcer.set(announcementOf(group, { since: this.#since, local: this.#local, hand: this.#hand }))
  }

  #rosterChanged(): void {
    const group = this.#group
    if (group !== undefined && this.#isIn) group.sync(this.inCall(group.init.call))
    // Looked at anew: a call of two ends as the other leaves.
    const call = this.#isIn ? this.#group?.init.call : undefined
    const own = call === undefined ? undefined : { call, since: this.#since }
    const ongoing = ongoingOf(this.#roster.entries(), own, this.#init.room.self.account)
    if (isSameOngoing(ongoing, this.#ongoing)) return
    this.#ongoing = ongoing
    this.#init.events.emit('ongoing:changed', { ongoing })
  }

  /** Draws the state anew from the links: connecting becomes live, people come and go. */
  #refresh(): void {
    const state = this.#init.state()
    const group = this.#group
    if (group === undefined || (state.kind !== 'connecting' && state.kind !== 'live')) return
    const people = group.people()
    for (const { account } of people) this.#met.add(account)
    if (state.kind === 'live' || !group.isReady(state.account)) this.#init.to({ ...state, people })
    else this.#init.to({ ...state, kind: 'live', since: this.#init.clock.now(), people })
    this.#init.onChanged()
  }

  #reacted(peer: PeerId, account: AccountId, emoji: Reaction): void {
    const state = this.#init.state()
    const isHere = state.kind === 'live' && state.people.some((one) => one.peer === peer)
    if (isHere) this.#init.events.emit('reaction:shown', { peer, account, emoji })
  }

  #setLocal(local: LocalMedia): void {
    this.#local = local
    this.#announce()
    this.#init.events.emit('media:changed', { local })
  }
}
