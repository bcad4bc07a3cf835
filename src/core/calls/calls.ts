import { toBase64Url } from '../base/bytes.ts'
import { Emitter } from '../base/events.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import type { Member } from '../room/index.ts'
import { maxLinks, reconnectGraceMs, ringTimeoutMs } from './constants.ts'
import { AlreadyInCallError, CallFullError, NotInCallError } from './errors.ts'
import { Doorbell } from './doorbell.ts'
import type { GroupCall } from './group-call.ts'
import { Hiding } from './hiding.ts'
import type { IncomingRing } from './incoming-ring.ts'
import type { CallEvents, CallMedia, Calls, CallsComponents, CallState, EndReason } from './index.ts'
import type { EndWord } from './messages.ts'
import { linkOfRing } from './ring-link.ts'
import { presentTabs, Ring } from './ring.ts'
import { RingsInto } from './ring-into.ts'
import { Stay } from './stay.ts'
import { CallVerbs } from './verbs.ts'

/** See {@link Calls}; SPEC.md has the rules. */
export class RoomCalls extends CallVerbs implements Calls {
  readonly events = new Emitter<CallEvents>()
  readonly #init: CallsComponents
  readonly #doorbell: Doorbell
  readonly #hiding: Hiding
  protected readonly stay: Stay
  readonly #rings: RingsInto
  #state: CallState = { kind: 'idle' }
  /** Someone's ring, until it is accepted. */
  #incomingRing: IncomingRing | undefined
  #ring: Ring | undefined
  #isCaller = false
  #wanted: CallMedia = { audio: true, video: false }
  #cancelTimer: () => void = () => {}
  #stopping: (() => void)[] = []

  constructor(components: CallsComponents) {
    super(components.media)
    this.#init = components
    this.#hiding = new Hiding(components.media)
    this.stay = new Stay({
      ...components,
      events: this.events,
      isRelayOnly: this.#hiding.isOn,
      state: () => this.#state,
      to: (state) => this.#to(state),
      onOver: (reason, last) => this.#finish(reason, last),
      onChanged: () => this.#changed(),
    })
    this.#doorbell = new Doorbell({
      ...components,
      isRelayOnly: this.#hiding.isOn,
      state: () => this.#state,
      // Whom we ring has no place in a call until they have answered.
      group: () => (this.#ring === undefined ? this.stay.group : undefined),
      inCall: (call) => this.stay.inCall(call),
      onRing: (ring, state, isCrossing) => this.#rung(ring, state, isCrossing),
      onOver: (ring, reason) => this.#incomingRing === ring && this.#finish(reason),
    })
    this.#rings = new RingsInto({
      ...components,
      onChanged: () => this.events.emit('rings:changed', { accounts: this.#rings.accounts() }),
      onEnded: (account, outcome) => this.events.emit('ring:ended', { account, outcome }),
    })
  }

  async start(): Promise<void> {
    if (this.#stopping.length > 0) return
    this.stay.start()
    this.#doorbell.start()
    this.#stopping = [
      () => this.#doorbell.stop(),
      this.#init.room.events.on('member:left', (member) => this.#memberLeft(member)),
    ]
  }

  async stop(): Promise<void> {
    this.hangUp()
    this.stay.stop()
    for (const stop of this.#stopping.splice(0)) stop()
  }

  state(): CallState {
    return this.#state
  }

  async ring(account: AccountId, media: CallMedia): Promise<void> {
    if (this.#hiding.isOn()) await this.#hiding.check()
    this.#checkFree() // after the wait: another may have begun in it
    const { room, random } = this.#init
    const tabs = presentTabs(room, account)
    const call = toBase64Url(random(16)) as CallId // 16 fresh bytes make a call id
    const group = this.#begin(call, media, true)
    this.#isCaller = true
    const { audio, video } = media
    const ring = new Ring(room, { t: 'invite', call, audio, video })
    this.#ring = ring
    this.#to({ kind: 'ringing-out', call, account, media })
    this.#setTimer(ringTimeoutMs, () => this.#finish('no-answer', 'no-answer'))
    this.stay.open(group)
    void this.#awaitAnswer(ring, group, account, tabs)
  }

  async #awaitAnswer(
    ring: Ring,
    group: GroupCall,
    account: AccountId,
    tabs: readonly Member[],
  ): Promise<void> {
    const outcome = await ring.run(tabs)
    if (this.stay.group !== group || this.#ring !== ring) {
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

  ringInto(account: AccountId): void {
    const state = this.#state
    if (state.kind !== 'live') throw new NotInCallError('expected to be in a call')
    if (this.#isIn(account, state.call)) return // they came in just now
    this.#checkRoom(state.call)
    const { camera } = this.stay.local
    this.#rings.ring(account, state.call, { audio: true, video: camera === 'on' })
  }
  ringingInto(): readonly AccountId[] {
    return this.#rings.accounts()
  }
  cancelRing(account: AccountId): void {
    this.#rings.cancel(account)
  }

  #rung(ring: IncomingRing, state: CallState, isCrossing: boolean): void {
    if (isCrossing) this.#drop('cancelled')
    this.#incomingRing = ring
    this.#to(state)
    ring.start(!isCrossing)
    // A little longer than the caller's own limit, so that theirs is the one that tells why.
    this.#setTimer(ringTimeoutMs + 5_000, () => this.#finish('no-answer'))
    if (isCrossing) this.accept(this.#wanted).catch(() => this.#finish('failed', 'failed'))
  }

  async accept(media: CallMedia): Promise<void> {
    if (this.#hiding.isOn() && this.#state.kind === 'ringing-in') await this.#hiding.check()
    const state = this.#state
    const ring = this.#incomingRing
    if (state.kind !== 'ringing-in' || ring === undefined) return
    const { call, account, others } = state
    if (others !== undefined) this.#checkRoom(call)
    this.#incomingRing = undefined
    const group = this.#begin(call, media, others === undefined)
    const link = ring.accept()
    if (link !== undefined) group.adopt(link)
    this.#enter(group, others === undefined ? account : undefined)
    this.stay.open(group)
  }

  async join(media: CallMedia): Promise<void> {
    if (this.#hiding.isOn()) await this.#hiding.check()
    this.#checkFree() // after the wait: another may have begun in it
    // The call that nobody has begun yet bears the room's own id: all who begin it at once are in the same one (CA-14).
    const call = this.stay.ongoing?.call ?? (this.#init.room.id as string as CallId)
    this.#checkRoom(call)
    const group = this.#begin(call, media, false)
    this.#enter(group, undefined)
    this.stay.open(group)
  }

  decline(): void {
    if (this.#state.kind !== 'ringing-in') return
    const ring = this.#incomingRing
    this.#incomingRing = undefined // let be, so that the word gets out before the stream ends
    ring?.decline()
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

  isRelayOnly(): boolean {
    return this.#hiding.isOn()
  }
  async setRelayOnly(on: boolean): Promise<void> {
    if (!(await this.#hiding.set(on, this.stay.group !== undefined))) return
    this.stay.group?.relink()
    this.events.emit('relay-only:changed', { isOn: on })
  }

  get #isFree(): boolean {
    const { kind } = this.#state
    return kind === 'idle' || kind === 'ended'
  }
  #checkFree(): void {
    if (!this.#isFree) throw new AlreadyInCallError('a call is already going on')
  }
  #checkRoom(call: CallId): void {
    if (this.stay.inCall(call).length >= maxLinks)
      throw new CallFullError(`expected at most ${String(maxLinks)} others`)
  }
  #isIn(account: AccountId, call: CallId): boolean {
    if (account === this.#init.room.self.account) return true
    return this.stay.inCall(call).some((entry) => entry.account === account)
  }

  #begin(call: CallId, wanted: CallMedia, isRung: boolean): GroupCall {
    this.#wanted = wanted
    this.#isCaller = false
    return this.stay.begin(call, wanted, isRung)
  }

  #enter(group: GroupCall, account: AccountId | undefined): void {
    if (account === undefined) this.#cancelTimer()
    else this.#setTimer(reconnectGraceMs, () => this.#finish('failed', 'failed'))
    this.stay.enter(group, account)
  }

  #changed(): void {
    const state = this.#state
    if (state.kind !== 'live') return
    this.#cancelTimer()
    for (const account of this.#rings.accounts())
      if (this.#isIn(account, state.call)) this.#rings.arrived(account)
  }

  #memberLeft(member: Member): void {
    if (this.#state.kind === 'ringing-in' && this.#state.peer === member.peer) this.#finish('cancelled')
    // One in the call is dropped from the roster; a rung one may have left before it was ever there.
    else this.stay.group?.memberLeft(member.peer)
  }

  #finish(reason: EndReason, last?: EndWord): void {
    const state = this.#state
    if (state.kind === 'idle' || state.kind === 'ended') return
    const durationMs = state.kind === 'live' ? this.#init.clock.now() - state.since : 0
    const { call, account } = state
    const wasCaller = this.#isCaller
    const { met } = this.stay
    this.#drop(reason === 'no-answer' ? 'no-answer' : 'cancelled', last)
    this.#to({ kind: 'ended', call, account, reason, durationMs, met })
    this.stay.left()
    if (wasCaller && account !== undefined) this.#init.report({ call, account, reason, durationMs })
  }

  /** Lets go of rings, devices and streams without a word on the screen. */
  #drop(ringReason: EndWord, last?: EndWord): void {
    this.#cancelTimer()
    this.#ring?.stop(ringReason)
    this.#ring = undefined
    this.#incomingRing?.close()
    this.#incomingRing = undefined
    this.#rings.cancel()
    this.stay.leave(last)
  }

  #setTimer(ms: number, run: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#init.clock.after(ms, run)
  }

  #to(state: CallState): void {
    this.#state = state
    this.events.emit('call:changed', { state })
  }
}
