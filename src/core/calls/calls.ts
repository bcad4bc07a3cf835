import { toBase64Url } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName, ProtocolError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member, Room } from '../room/index.ts'
import { ActiveCall } from './active-call.ts'
import {
  callProtocol,
  maxCallFrameBytes,
  reconnectGraceMs,
  resumeRetryMs,
  ringTimeoutMs,
} from './constants.ts'
import { AlreadyInCallError, NotReachableError } from './errors.ts'
import type {
  CallEvents,
  CallMedia,
  Calls,
  CallsComponents,
  CallState,
  EndReason,
  LocalMedia,
  MediaEngine,
} from './index.ts'
import { InviteGate } from './invite-gate.ts'
import type { CallMessage } from './messages.ts'
import { CallChannel } from './protocol.ts'
import { Ring } from './ring.ts'

const noMedia: LocalMedia = { microphone: 'muted', camera: 'off' }

/** See {@link Calls}; SPEC.md has the rules. */
export class OneToOneCalls implements Calls {
  readonly events = new Emitter<CallEvents>()
  readonly #room: Room
  readonly #media: MediaEngine
  readonly #report: CallsComponents['report']
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #logger: Logger
  readonly #gate: InviteGate
  #state: CallState = { kind: 'idle' }
  #local: LocalMedia = noMedia
  #active: ActiveCall | undefined
  #ring: Ring | undefined
  #wanted: CallMedia = { audio: true, video: false }
  #cancelTimer: () => void = () => {}
  #stopping: (() => void)[] = []

  constructor(components: CallsComponents) {
    this.#room = components.room
    this.#media = components.media
    this.#report = components.report
    this.#clock = components.clock
    this.#random = components.random
    this.#logger = components.logger
    this.#gate = new InviteGate(components.clock)
  }

  async start(): Promise<void> {
    if (this.#stopping.length > 0) return
    this.#stopping = [
      this.#room.handle(callProtocol, (stream) => this.#incoming(stream), {
        maxFrameBytes: maxCallFrameBytes,
        overRelay: true,
      }),
      this.#room.events.on('member:left', (member) => this.#memberLeft(member)),
    ]
  }

  async stop(): Promise<void> {
    this.hangUp()
    for (const stop of this.#stopping) stop()
    this.#stopping = []
  }

  state(): CallState {
    return this.#state
  }

  local(): LocalMedia {
    return this.#local
  }

  async ring(account: AccountId, media: CallMedia): Promise<void> {
    if (this.#state.kind !== 'idle' && this.#state.kind !== 'ended') {
      throw new AlreadyInCallError('a call is already going on')
    }
    const tabs = this.#room.members().filter((m) => m.account === account && m.path !== 'away')
    if (tabs.length === 0) throw new NotReachableError('no tab of this person is reachable now')
    const call = toBase64Url(this.#random(16)) as CallId // 16 fresh bytes make a call id
    this.#wanted = media
    const active = this.#begin(call, account, true)
    const ring = new Ring(this.#room, call, media)
    this.#ring = ring
    this.#to({ kind: 'ringing-out', call, account, media })
    this.#setTimer(ringTimeoutMs, () => this.#finish('no-answer'))
    this.#openMedia(active, media)
    void this.#awaitAnswer(ring, active, tabs)
  }

  async #awaitAnswer(ring: Ring, active: ActiveCall, tabs: readonly Member[]): Promise<void> {
    const outcome = await ring.run(tabs)
    if (this.#active !== active || this.#ring !== ring) {
      if (outcome.kind === 'accepted') void outcome.channel.end({ t: 'end', reason: 'cancelled' })
      return
    }
    this.#ring = undefined
    if (outcome.kind !== 'accepted') {
      this.#finish(outcome.kind === 'unreachable' ? 'failed' : outcome.kind)
      return
    }
    this.#to({ kind: 'connecting', call: active.call, account: active.account, peer: outcome.channel.peer })
    this.#setTimer(reconnectGraceMs, () => this.#finish('failed'))
    active.attach(outcome.channel)
  }

  async #incoming(stream: MeshStream): Promise<void> {
    const channel = new CallChannel(stream)
    const member = this.#room.member(stream.peer)
    const first = await channel.receive()
    if (first === undefined) return
    if (member === undefined) throw new ProtocolError('call from a peer that is no member')
    if (first.t === 'resume') this.#resumed(channel, first.call)
    else if (first.t === 'invite') await this.#invited(channel, member, first)
    else throw new ProtocolError(`expected an invite, got ${first.t}`)
    await ended(stream)
  }

  async #invited(
    channel: CallChannel,
    member: Member,
    invite: Extract<CallMessage, { t: 'invite' }>,
  ): Promise<void> {
    this.#gate.checkFresh(invite.call)
    const own =
      this.#state.kind === 'ringing-out' && this.#state.account === member.account
        ? this.#state.call
        : undefined
    const isGlare = own !== undefined
    if (own !== undefined && own < invite.call) return // our own ring stands; theirs gives way (CA-7)
    const isFree = this.#state.kind === 'idle' || this.#state.kind === 'ended' || isGlare
    if (!isFree || member.account === this.#room.self.account || !this.#gate.allows(member.account)) {
      await channel.end({ t: 'busy' })
      return
    }
    if (isGlare) this.#drop('cancelled')
    const media = { audio: invite.audio, video: invite.video }
    const active = this.#begin(invite.call, member.account, false)
    this.#to({ kind: 'ringing-in', call: invite.call, account: member.account, peer: member.peer, media })
    active.attach(channel)
    if (isGlare) {
      await this.accept(this.#wanted)
      return
    }
    void channel.send({ t: 'ringing' })
    // A little longer than the caller's own limit, so that theirs is the one that tells why.
    this.#setTimer(ringTimeoutMs + 5_000, () => this.#finish('no-answer'))
  }

  async accept(media: CallMedia): Promise<void> {
    const state = this.#state
    const active = this.#active
    if (state.kind !== 'ringing-in' || active === undefined) return
    this.#wanted = media
    this.#to({ kind: 'connecting', call: state.call, account: state.account, peer: state.peer })
    this.#setTimer(reconnectGraceMs, () => this.#finish('failed'))
    void active.channel?.send({ t: 'accept' })
    this.#openMedia(active, media)
  }

  decline(): void {
    if (this.#state.kind === 'ringing-in') this.#finish('declined', { t: 'decline' })
  }

  hangUp(): void {
    switch (this.#state.kind) {
      case 'ringing-out':
        return this.#finish('cancelled')
      case 'ringing-in':
        return this.decline()
      case 'connecting':
      case 'live':
        return this.#finish('hung-up', { t: 'end', reason: 'hung-up' })
      case 'idle':
      case 'ended':
        return
    }
  }

  dismiss(): void {
    if (this.#state.kind === 'ended') this.#to({ kind: 'idle' })
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#active?.setMuted(muted)
  }

  async setCamera(on: boolean): Promise<void> {
    await this.#active?.setCamera(on)
  }

  #begin(call: CallId, account: AccountId, isInitiator: boolean): ActiveCall {
    const active: ActiveCall = new ActiveCall(call, account, isInitiator, {
      media: (state) => this.#active === active && this.#mediaChanged(state),
      local: (local) => this.#active === active && this.#setLocal(local),
      remote: (remote) => {
        if (this.#active === active && this.#state.kind === 'live') this.#to({ ...this.#state, remote })
        else this.#remoteEarly = remote
      },
      message: (message) => this.#active === active && this.#heard(message),
      channelLost: () => this.#active === active && this.#channelLost(active),
      failed: (error) => {
        this.#logger('warn', 'call failed', { error: errorName(error) })
        if (this.#active === active) this.#finish('failed', { t: 'end', reason: 'failed' })
      },
    })
    this.#active = active
    this.#remoteEarly = { audio: false, video: false }
    return active
  }
  /** What the other side said it sends before the call counted as live. */
  #remoteEarly: CallMedia = { audio: false, video: false }

  #openMedia(active: ActiveCall, media: CallMedia): void {
    active.openMedia(this.#media, media).catch((error: unknown) => {
      this.#logger('error', 'media engine failed', { error: errorName(error) })
      if (this.#active === active) this.#finish('failed', { t: 'end', reason: 'failed' })
    })
  }

  #mediaChanged(media: 'connecting' | 'connected' | 'disconnected' | 'failed'): void {
    const state = this.#state
    if (state.kind === 'connecting' && media === 'connected') {
      this.#cancelTimer()
      const { call, account, peer } = state
      const since = this.#clock.now()
      this.#to({ kind: 'live', call, account, peer, since, reconnecting: false, remote: this.#remoteEarly })
    } else if (state.kind === 'live' && media === 'connected' && state.reconnecting) {
      this.#cancelTimer()
      this.#to({ ...state, reconnecting: false })
    } else if (
      state.kind === 'live' &&
      (media === 'disconnected' || media === 'failed') &&
      !state.reconnecting
    ) {
      this.#to({ ...state, reconnecting: true })
      this.#setTimer(reconnectGraceMs, () => this.#finish('lost'))
    }
  }

  #heard(message: CallMessage): void {
    if (message.t !== 'end') return // answers out of turn change nothing
    const isUp = this.#state.kind === 'live' || this.#state.kind === 'connecting'
    this.#finish(isUp && message.reason !== 'failed' ? 'hung-up' : message.reason)
  }

  /** Signalling broke: media goes on by itself, the caller opens a new stream meanwhile (CA-9). */
  #channelLost(active: ActiveCall): void {
    if (this.#state.kind === 'ringing-in') this.#finish('cancelled')
    else if (active.isInitiator && (this.#state.kind === 'connecting' || this.#state.kind === 'live')) {
      void this.#resume(active, this.#state.peer)
    }
  }

  async #resume(active: ActiveCall, peer: PeerId): Promise<void> {
    try {
      const stream = await this.#room.openStream(peer, callProtocol, {
        maxFrameBytes: maxCallFrameBytes,
        overRelay: true,
      })
      const channel = new CallChannel(stream)
      if (this.#active !== active) return void channel.stream.close()
      await channel.send({ t: 'resume', call: active.call })
      active.attach(channel)
    } catch {
      // Not reachable yet; the grace timer or the member's leaving ends the tries.
      this.#clock.after(resumeRetryMs, () => {
        if (this.#active === active && active.channel === undefined) void this.#resume(active, peer)
      })
    }
  }

  #resumed(channel: CallChannel, call: CallId): void {
    const state = this.#state
    const isOurs = (state.kind === 'connecting' || state.kind === 'live') && state.call === call
    if (!isOurs || state.peer !== channel.peer || this.#active === undefined) {
      throw new ProtocolError('no such call to resume')
    }
    this.#active.attach(channel)
  }

  #memberLeft(member: Member): void {
    const state = this.#state
    if ('peer' in state && state.peer === member.peer && state.kind !== 'ringing-in') this.#finish('hung-up')
    else if (state.kind === 'ringing-in' && state.peer === member.peer) this.#finish('cancelled')
  }

  #finish(reason: EndReason, last?: CallMessage): void {
    const state = this.#state
    if (state.kind === 'idle' || state.kind === 'ended') return
    const durationMs = state.kind === 'live' ? this.#clock.now() - state.since : 0
    const wasInitiator = this.#active?.isInitiator === true
    this.#drop(reason === 'no-answer' ? 'no-answer' : 'cancelled', last)
    this.#to({ kind: 'ended', call: state.call, account: state.account, reason, durationMs })
    if (wasInitiator) this.#report({ call: state.call, account: state.account, reason, durationMs })
  }

  /** Lets go of ring, devices and streams without a word on the screen. */
  #drop(ringReason: 'cancelled' | 'no-answer', last?: CallMessage): void {
    this.#cancelTimer()
    this.#ring?.stop(ringReason)
    this.#ring = undefined
    this.#active?.close(last)
    this.#active = undefined
    this.#setLocal(noMedia)
  }

  #setTimer(ms: number, run: () => void): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.after(ms, run)
  }

  #setLocal(local: LocalMedia): void {
    this.#local = local
    this.events.emit('media:changed', { local })
  }

  #to(state: CallState): void {
    this.#state = state
    this.events.emit('call:changed', { state })
  }
}

async function ended(stream: MeshStream): Promise<void> {
  if (stream.signal.aborted) return
  await new Promise<void>((resolve) => {
    stream.signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
