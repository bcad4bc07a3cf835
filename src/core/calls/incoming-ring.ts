import type { Clock } from '../base/clock.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import type { EndReason } from './index.ts'
import type { Link } from './link.ts'
import type { RingId } from './messages.ts'
import type { CallChannel } from './protocol.ts'
import { beforeAccept, linkOfRing } from './ring-link.ts'

interface IncomingRingInit {
  /** The call's id, or that of a ring into one. */
  readonly id: CallId | RingId
  readonly channel: CallChannel
  readonly account: AccountId
  readonly isRelayOnly: () => boolean
  readonly clock: Clock
  /** Into a call that goes on: its stream carries the answer and nothing else. */
  readonly isInto: boolean
}

/** Somebody rings us: until it is answered nothing is welcome on its stream but its end (SPEC CA-3, CA-24). */
export class IncomingRing {
  readonly #init: IncomingRingInit
  readonly #link: Link

  /** @param onOver told when the other side gives up or breaks a rule */
  constructor(init: IncomingRingInit, onOver: (reason: EndReason) => void) {
    this.#init = init
    const { id, channel, account, isRelayOnly, clock } = init
    const call = id as string as CallId // the link of a ring bears the ring's name
    this.#link = linkOfRing({ call, peer: channel.peer, account, isOpener: false, isRelayOnly, clock })
    this.#link.listener = beforeAccept(onOver)
  }

  /** Reads from now on. @param isHeard tells the other side that it rings */
  start(isHeard: boolean): void {
    this.#link.attach(this.#init.channel)
    if (isHeard) void this.#init.channel.send({ t: 'ringing' })
  }

  /** Says yes. Gives the link whose stream and media this becomes, or none where the call is joined as any other. */
  accept(): Link | undefined {
    const { channel, isInto } = this.#init
    if (!isInto) {
      void channel.send({ t: 'accept' })
      return this.#link
    }
    void channel.end({ t: 'accept' })
    return undefined
  }

  decline(): void {
    void this.#init.channel.end({ t: 'decline' })
  }

  close(): void {
    this.#link.close()
  }
}
