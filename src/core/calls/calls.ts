import { toBase64Url } from '../base/bytes.ts'
import { errorName, ProtocolError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member } from '../room/index.ts'
import type { Want } from './adapt.ts'
import { CallAnnouncer } from './announcer.ts'
import { callProtocol, maxCallFrameBytes, maxLinks, reconnectGraceMs, ringTimeoutMs } from './constants.ts'
import { AlreadyInCallError, CallFullError, NotReachableError, SignalOrderError } from './errors.ts'
import { GroupCall } from './group-call.ts'
import { Hiding } from './hiding.ts'
import type {
  CallEvents,
  CallMedia,
  Calls,
  CallsComponents,
  CallState,
  EndReason,
  LocalMedia,
  OngoingCall,
} from './index.ts'
import { InviteGate } from './invite-gate.ts'
import type { Link } from './link.ts'
import type { CallMessage, EndWord } from './messages.ts'
import type { Reaction } from './reactions.ts'
import { isSameOngoing, ongoingOf } from './ongoing.ts'
import type { LinkQuality } from './quality.ts'
import type { CallRequest } from './requests.ts'
import { CallChannel } from './protocol.ts'
import { Ring } from './ring.ts'
import { announcementOf, beforeAccept, linkOfRing, ended } from './ring-link.ts'
import { Roster } from './roster.ts'

const noMedia: LocalMedia = { microphone: 'muted', camera: 'off', screen: 'off' }

/** See {@link Calls}; SPEC.md has the rules. */
export class RoomCalls implements Calls {
  readonly events = new Emitter<CallEvents>()
  readonly #init: CallsComponents
  readonly #gate: InviteGate
  readonly #hiding: Hiding
  readonly #roster: Roster
  readonly #announcer: CallAnnouncer
  readonly #met = new Set<AccountId>()
  #state: CallState = { kind: 'idle' }
  #ongoing: OngoingCall | undefined
  #local: LocalMedia = noMedia
  #group: GroupCall | undefined
  /** Someone's ring, until it is accepted. */
  #incomingLink: Link | undefined
  #ring: Ring | undefined
  #isCaller = false
  #since = 0
  #hand = false
  #wanted: CallMedia = { audio: true, video: false }
  #cancelTimer: () => void = () => {}
  #stopping: (() => void)[] = []

  constructor(components: CallsComponents) {
    this.#init = components
    const { room, clock } = components
    this.#gate = new InviteGate(clock)
    this.#hiding = new Hiding(components.media)
    this.#announcer = new CallAnnouncer(room, clock)
    this.#roster = new Roster({
      room,
      clock,
      onChanged: () => this.#rosterChanged(),
      onReaction: (peer, account, emoji) => this.#reacted(peer, account, emoji),
      isAlive: (peer) => this.#group?.isLinked(peer) === true,
    })
  }

  async start(): Promise<void> {
    if (this.#stopping.length > 0) return
    const { room } = this.#init
    this.#roster.start()
    this.#announcer.start()
    this.#stopping = [
      room.handle(callProtocol, (stream) => this.#incoming(stream), {
        maxFrameBytes: maxCallFrameBytes,
        overRelay: true,
      }),
      room.events.on('member:left', (member) => this.#memberLeft(member)),
    ]
  }

  async stop(): Promise<void> {
    this.hangUp()
    this.#announcer.stop()
    this.#roster.stop()
    for (const stop of this.#stopping.splice(0)) stop()
  }

  state(): CallState {
    return this.#state
  }
  local(): LocalMedia {
    return this.#local
  }
  ongoing(): OngoingCall | undefined {
    return this.#ongoing
  }
  hand(): boolean {
    return this.#hand
  }

  async ring(account: AccountId, media: CallMedia): Promise<void> {
    if (this.#hiding.isOn()) await this.#hiding.check()
    this.#checkFree() // after the wait: another may have begun in it
    const { room, random } = this.#init
    const tabs = room.members().filter((m) => m.account === account && m.path !== 'away')
    if (tabs.length === 0) throw new NotReachableError('no tab of this person is reachable now')
    const call = toBase64Url(random(16)) as CallId // 16 fresh bytes make a call id
    const group = this.#begin(call, media, true)
    this.#isCaller = true
    const ring = new Ring(room, call, media)
    this.#ring = ring
    this.#to({ kind: 'ringing-out', call, account, media })
    this.#setTimer(ringTimeoutMs, () => this.#finish('no-answer', 'no-answer'))
    this.#open(group)
    void this.#awaitAnswer(ring, group, account, tabs)
  }

  async #awaitAnswer(
    ring: Ring,
    group: GroupCall,
    account: AccountId,
    tabs: readonly Member[],
  ): Promise<void> {
    const outcome = await ring.run(tabs)
    if (this.#group !== group || this.#ring !== ring) {
      if (outcome.kind === 'accepted') void outcome.channel.end({ t: 'end', reason: 'cancelled' })
      return
    }
    this.#ring = undefined
    if (outcome.kind !== 'accepted') {
      return this.#finish(outcome.kind === 'unreachable' ? 'failed' : outcome.kind)
    }
    const { channel } = outcome
    const { peer } = channel
    const link = linkOfRing({ ...group.init, peer, account, isOpener: true })
    group.adopt(link) // first: whoever announced itself already is not linked to twice
    this.#enter(group, account)
    link.attach(channel)
  }

  async #incoming(stream: MeshStream): Promise<void> {
    const channel = new CallChannel(stream, (error) =>
      this.#init.logger('warn', 'call signalling refused', { error: errorName(error) }),
    )
    const member = this.#init.room.member(stream.peer)
    const first = await channel.receive()
    if (first === undefined) return
    try {
      if (member === undefined) throw new ProtocolError('call from a peer that is no member')
      if (first.t === 'invite') await this.#invited(channel, member, first)
      else if (first.t !== 'join') throw new SignalOrderError(`expected an invite, got ${first.t}`)
      else if (this.#group === undefined || this.#ring !== undefined)
        await channel.end({ t: 'end', reason: 'stale' })
      else this.#group.answer(channel, first, member.account)
    } catch (error) {
      return channel.refuse(error)
    }
    await ended(stream)
  }

  async #invited(
    channel: CallChannel,
    member: Member,
    invite: Extract<CallMessage, { t: 'invite' }>,
  ): Promise<void> {
    this.#gate.checkFresh(invite.call)
    const { room } = this.#init
    const state = this.#state
    const own = state.kind === 'ringing-out' && state.account === member.account ? state.call : undefined
    if (own !== undefined && own < invite.call) return // our own ring stands; theirs gives way (CA-7)
    const isFree = state.kind === 'idle' || state.kind === 'ended' || own !== undefined
    if (!isFree || member.account === room.self.account || !this.#gate.allows(member.account)) {
      return channel.end({ t: 'busy' })
    }
    if (own !== undefined) this.#drop('cancelled')
    const { peer, account } = member
    const ring = { call: invite.call, peer, account, isOpener: false }
    const link = linkOfRing({ ...this.#init, ...ring, isRelayOnly: this.#hiding.isOn })
    this.#incomingLink = link
    link.listener = beforeAccept((reason) => this.#incomingLink === link && this.#finish(reason))
    link.attach(channel)
    const media = { audio: invite.audio, video: invite.video }
    this.#to({ kind: 'ringing-in', call: invite.call, account, peer, media })
    if (own !== undefined) return this.accept(this.#wanted)
    void channel.send({ t: 'ringing' })
    // A little longer than the caller's own limit, so that theirs is the one that tells why.
    this.#setTimer(ringTimeoutMs + 5_000, () => this.#finish('no-answer'))
  }

  async accept(media: CallMedia): Promise<void> {
    if (this.#hiding.isOn() && this.#state.kind === 'ringing-in') await this.#hiding.check()
    const state = this.#state
    const link = this.#incomingLink
    if (state.kind !== 'ringing-in' || link === undefined) return
    this.#incomingLink = undefined
    const group = this.#begin(state.call, media, true)
    void link.channel?.send({ t: 'accept' })
    group.adopt(link)
    this.#enter(group, state.account)
    this.#open(group)
  }

  async join(media: CallMedia): Promise<void> {
    if (this.#hiding.isOn()) await this.#hiding.check()
    this.#checkFree() // after the wait: another may have begun in it
    const ongoing = this.#ongoing
    // The call that nobody has begun yet bears the room's own id: all who begin it at once are in the same one (CA-14).
    const call = ongoing?.call ?? (this.#init.room.id as string as CallId)
    const inCall = this.#roster.entries().filter(({ said }) => said.call === call)
    if (inCall.length >= maxLinks) throw new CallFullError(`expected at most ${String(maxLinks)} others`)
    const group = this.#begin(call, media, false)
    this.#enter(group, undefined)
    this.#open(group)
  }

  decline(): void {
    if (this.#state.kind !== 'ringing-in') return
    const link = this.#incomingLink
    this.#incomingLink = undefined // let be, so that the word gets out before the stream ends
    void link?.channel?.end({ t: 'decline' })
    this.#finish('declined')
  }

  hangUp(): void {
    switch (this.#state.kind) {
      case 'ringing-out':
        return this.#finish('cancelled')
      case 'ringing-in':
        return this.decline()
      case 'connecting':
      case 'live':
        return this.#finish('hung-up', 'hung-up')
      case 'idle':
      case 'ended':
        return
    }
  }

  dismiss(): void {
    if (this.#state.kind === 'ended') this.#to({ kind: 'idle' })
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#group?.local?.setMuted(muted)
  }
  async setCamera(on: boolean): Promise<void> {
    await this.#group?.local?.setCamera(on)
  }
  async setScreen(on: boolean): Promise<void> {
    await this.#group?.local?.setScreen(on)
  }
  async useDevice(kind: 'microphone' | 'camera', device: string): Promise<void> {
    await this.#init.media.useDevice(kind, device)
  }

  setHand(up: boolean): void {
    if (this.#hand === up || this.#group === undefined) return
    this.#hand = up
    this.#announce()
    this.#refresh()
  }

  react(emoji: Reaction): void {
    if (this.#state.kind !== 'live') return
    this.#announcer.react(emoji)
    const { peer, account } = this.#init.room.self
    this.events.emit('reaction:shown', { peer, account, emoji })
  }

  ask(what: CallRequest, peer?: PeerId): void {
    this.#group?.ask(what, peer)
  }

  want(peer: PeerId, want: Want): void {
    this.#group?.want(peer, want)
  }

  qualityOf(peer: PeerId): LinkQuality | undefined {
    return this.#group?.qualityOf(peer)
  }

  restart(all: boolean): void {
    this.#group?.restart(all)
  }

  isRelayOnly(): boolean {
    return this.#hiding.isOn()
  }
  async setRelayOnly(on: boolean): Promise<void> {
    if (!(await this.#hiding.set(on, this.#group !== undefined))) return
    this.#group?.relink()
    this.events.emit('relay-only:changed', { isOn: on })
  }
  canRelay(): Promise<boolean> {
    return this.#init.media.canRelay()
  }

  #checkFree(): void {
    const { kind } = this.#state
    if (kind !== 'idle' && kind !== 'ended') throw new AlreadyInCallError('a call is already going on')
  }

  #begin(call: CallId, wanted: CallMedia, isRung: boolean): GroupCall {
    const { room, media, clock, random, logger } = this.#init
    const isNow = () => this.#group === group
    const group: GroupCall = new GroupCall({
      ...{ room, engine: media, clock, random, logger },
      ...{ call, wanted, isRung, isRelayOnly: this.#hiding.isOn },
      listener: {
        local: (local) => isNow() && this.#setLocal(local),
        changed: () => isNow() && this.#refresh(),
        over: (reason, last) => isNow() && this.#finish(reason, last),
        measured: () => isNow() && this.events.emit('quality:changed', {}),
        asked: (peer, asker, what) =>
          isNow() && this.events.emit('request:heard', { peer, account: asker, what }),
        left: (peer) => isNow() && this.#roster.drop(peer),
      },
    })
    this.#group = group
    this.#wanted = wanted
    this.#isCaller = false
    this.#met.clear()
    return group
  }

  #open(group: GroupCall): void {
    group.open().then(
      () => this.#group === group && this.#refresh(),
      (error: unknown) => {
        this.#init.logger('error', 'media engine failed', { error: errorName(error) })
        if (this.#group === group) this.#finish('failed', 'failed')
      },
    )
  }

  /** From ringing to being in: the room is told, and who is in already is met. */
  #enter(group: GroupCall, account: AccountId | undefined): void {
    this.#since = this.#init.clock.now()
    const { call } = group.init
    this.#to({ kind: 'connecting', call, account, people: [] })
    if (account === undefined) this.#cancelTimer()
    else this.#setTimer(reconnectGraceMs, () => this.#finish('failed', 'failed'))
    this.#announce()
    this.#rosterChanged()
  }

  #announce(): void {
    const group = this.#group
    const { kind } = this.#state
    if (group === undefined || (kind !== 'connecting' && kind !== 'live'))
      return this.#announcer.set(undefined)
    this.#announcer.set(announcementOf(group, { since: this.#since, local: this.#local, hand: this.#hand }))
  }

  #rosterChanged(): void {
    const { kind } = this.#state
    const group = this.#group
    if (group !== undefined && (kind === 'connecting' || kind === 'live')) {
      group.sync(this.#roster.entries().filter(({ said }) => said.call === group.init.call))
    }
    const own =
      kind === 'connecting' || kind === 'live' ? { call: this.#state.call, since: this.#since } : undefined
    const ongoing = ongoingOf(this.#roster.entries(), own, this.#init.room.self.account)
    if (isSameOngoing(ongoing, this.#ongoing)) return
    this.#ongoing = ongoing
    this.events.emit('ongoing:changed', { ongoing })
  }

  /** Draws the state anew from the links: connecting becomes live, people come and go. */
  #refresh(): void {
    const state = this.#state
    const group = this.#group
    if (group === undefined || (state.kind !== 'connecting' && state.kind !== 'live')) return
    const people = group.people()
    for (const { account } of people) this.#met.add(account)
    if (state.kind === 'live') return this.#to({ ...state, people })
    if (!group.isReady(state.account)) return this.#to({ ...state, people })
    this.#cancelTimer()
    this.#to({ ...state, kind: 'live', since: this.#init.clock.now(), people })
  }

  #reacted(peer: PeerId, account: AccountId, emoji: Reaction): void {
    const state = this.#state
    const isHere = state.kind === 'live' && state.people.some((one) => one.peer === peer)
    if (isHere) this.events.emit('reaction:shown', { peer, account, emoji })
  }

  #memberLeft(member: Member): void {
    if (this.#state.kind === 'ringing-in' && this.#state.peer === member.peer) this.#finish('cancelled')
    // One in the call is dropped from the roster; a rung one may have left before it was ever there.
    else this.#group?.memberLeft(member.peer)
  }

  #finish(reason: EndReason, last?: EndWord): void {
    const state = this.#state
    if (state.kind === 'idle' || state.kind === 'ended') return
    const durationMs = state.kind === 'live' ? this.#init.clock.now() - state.since : 0
    const { call, account } = state
    const wasCaller = this.#isCaller
    const met = [...this.#met]
    this.#drop(reason === 'no-answer' ? 'no-answer' : 'cancelled', last)
    this.#to({ kind: 'ended', call, account, reason, durationMs, met })
    this.#rosterChanged()
    if (wasCaller && account !== undefined) this.#init.report({ call, account, reason, durationMs })
  }

  /** Lets go of ring, devices and streams without a word on the screen. */
  #drop(ringReason: EndWord, last?: EndWord): void {
    this.#cancelTimer()
    this.#ring?.stop(ringReason)
    this.#ring = undefined
    this.#incomingLink?.close()
    this.#incomingLink = undefined
    const group = this.#group
    this.#group = undefined
    this.#hand = false
    this.#announcer.set(undefined)
    group?.close(last)
    this.#setLocal(noMedia)
  }

  #setTimer(ms: number, run: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#init.clock.after(ms, run)
  }

  #setLocal(local: LocalMedia): void {
    this.#local = local
    this.#announce()
    this.events.emit('media:changed', { local })
  }

  #to(state: CallState): void {
    this.#state = state
    this.events.emit('call:changed', { state })
  }
}
