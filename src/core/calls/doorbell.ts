import { errorName, ProtocolError } from '../base/errors.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member } from '../room/index.ts'
import { callProtocol, maxCallFrameBytes } from './constants.ts'
import { SignalOrderError } from './errors.ts'
import type { GroupCall } from './group-call.ts'
import { IncomingRing } from './incoming-ring.ts'
import type { CallsComponents, CallState, EndReason } from './index.ts'
import { InviteGate } from './invite-gate.ts'
import type { CallMessage } from './messages.ts'
import { CallChannel } from './protocol.ts'
import { ended } from './ring-link.ts'
import type { RosterEntry } from './roster.ts'

type RingingIn = Extract<CallState, { kind: 'ringing-in' }>
type Ringing = Extract<CallMessage, { t: 'invite' | 'ring-into' }>

interface DoorbellInit extends Pick<CallsComponents, 'room' | 'clock' | 'logger'> {
  readonly isRelayOnly: () => boolean
  readonly state: () => CallState
  /** The call that others may link to now. */
  readonly group: () => GroupCall | undefined
  readonly inCall: (call: CallId) => readonly RosterEntry[]
  /** @param isCrossing our own ring to the same person gives way to this one, which is as good as accepted (SPEC CA-7) */
  readonly onRing: (ring: IncomingRing, state: RingingIn, isCrossing: boolean) => void
  /** A ring ended before it was answered. */
  readonly onOver: (ring: IncomingRing, reason: EndReason) => void
}

/** Answers the call streams that others open: who may ring, who may link, and who is told no. */
export class Doorbell {
  readonly #init: DoorbellInit
  readonly #gate: InviteGate
  #stopHandling: () => void = () => {}

  constructor(init: DoorbellInit) {
    this.#init = init
    this.#gate = new InviteGate(init.clock)
  }

  start(): void {
    this.#stopHandling = this.#init.room.handle(callProtocol, (stream) => this.#incoming(stream), {
      maxFrameBytes: maxCallFrameBytes,
      overRelay: true,
    })
  }
  stop(): void {
    this.#stopHandling()
    this.#stopHandling = () => {}
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
      if (first.t === 'invite') this.#invited(channel, member, first)
      else if (first.t === 'ring-into') this.#rungInto(channel, member, first)
      else if (first.t !== 'join') throw new SignalOrderError(`expected an invite, got ${first.t}`)
      else this.#joined(channel, member, first)
    } catch (error) {
      return channel.refuse(error)
    }
    await ended(stream)
  }

  #joined(channel: CallChannel, member: Member, join: Extract<CallMessage, { t: 'join' }>): void {
    const group = this.#init.group()
    if (group === undefined) void channel.end({ t: 'end', reason: 'stale' })
    else group.answer(channel, join, member.account)
  }

  #invited(channel: CallChannel, member: Member, invite: Extract<Ringing, { t: 'invite' }>): void {
    this.#gate.checkFresh(invite.call)
    const state = this.#init.state()
    const isCrossing = state.kind === 'ringing-out' && state.account === member.account
    if (isCrossing && state.call < invite.call) return // our own ring stands; theirs gives way (CA-7)
    if (this.#mayRing(member, isCrossing)) this.#ringIn(channel, member, invite, undefined, isCrossing)
    else void channel.end({ t: 'busy' })
  }

  #rungInto(channel: CallChannel, member: Member, ring: Extract<Ringing, { t: 'ring-into' }>): void {
    this.#gate.checkFresh(ring.ring)
    const inIt = this.#init.inCall(ring.call)
    // Nobody is drawn into a call that does not go on: who rings has told the room itself that it is in it.
    if (!inIt.some(({ peer, isAway }) => peer === member.peer && !isAway))
      throw new SignalOrderError('a ring into a call that its sender is not in')
    if (!this.#mayRing(member, false)) return void channel.end({ t: 'busy' })
    const others = [...new Set(inIt.map(({ account }) => account))].filter((one) => one !== member.account)
    this.#ringIn(channel, member, ring, others, false)
  }

  /** Whether this ring may be heard; counted (CA-8). */
  #mayRing({ account }: Member, isCrossing: boolean): boolean {
    const { kind } = this.#init.state()
    const isFree = isCrossing || kind === 'idle' || kind === 'ended'
    return isFree && account !== this.#init.room.self.account && this.#gate.allows(account)
  }

  #ringIn(
    channel: CallChannel,
    { peer, account }: Member,
    message: Ringing,
    others: readonly AccountId[] | undefined,
    isCrossing: boolean,
  ): void {
    const { clock, isRelayOnly, onRing, onOver } = this.#init
    const id = message.t === 'invite' ? message.call : message.ring
    const init = { id, channel, account, clock, isRelayOnly, isInto: others !== undefined }
    const ring: IncomingRing = new IncomingRing(init, (reason) => onOver(ring, reason))
    const { call, audio, video } = message
    onRing(ring, { kind: 'ringing-in', call, account, peer, media: { audio, video }, others }, isCrossing)
  }
}
