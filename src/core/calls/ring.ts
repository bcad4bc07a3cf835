import type { AccountId, PeerId } from '../base/ids.ts'
import type { Member, Room } from '../room/index.ts'
import { callProtocol, maxCallFrameBytes } from './constants.ts'
import { NotReachableError } from './errors.ts'
import type { CallMessage, EndWord } from './messages.ts'
import { CallChannel } from './protocol.ts'

/** How a ring ended: one tab took it or turned it down, or every tab was busy or unreachable. */
export type RingOutcome =
  | { readonly kind: 'accepted'; readonly channel: CallChannel }
  | { readonly kind: 'declined' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'unreachable' }

/** Tabs of a person that can be rung now. Throws `NotReachableError` when there is none. */
export function presentTabs(room: Room, account: AccountId): readonly Member[] {
  const tabs = room.members().filter((one) => one.account === account && one.path !== 'away')
  if (tabs.length === 0) throw new NotReachableError('no tab of this person is reachable now')
  return tabs
}

/** Rings every present tab of one person; the first answer decides for all (SPEC CA-4). */
export class Ring {
  readonly #room: Room
  readonly #first: CallMessage
  readonly #open = new Map<PeerId, CallChannel>()
  #over = false

  /** @param first what every tab is told */
  constructor(room: Room, first: Extract<CallMessage, { t: 'invite' | 'ring-into' }>) {
    this.#room = room
    this.#first = first
  }

  /** Resolves with the first deciding answer, or when no tab is left that could give one. */
  async run(tabs: readonly Member[]): Promise<RingOutcome> {
    let sawBusy = false
    const answers = tabs.map(async (tab) => {
      const answer = await this.#ringTab(tab.peer)
      if (answer.kind === 'busy') sawBusy = true
      return answer
    })
    const decided = new Promise<RingOutcome>((resolve) => {
      for (const answer of answers) {
        void answer.then((a) => {
          if (a.kind === 'accepted' || a.kind === 'declined') resolve(a)
        })
      }
      void Promise.all(answers).then(() => resolve({ kind: sawBusy ? 'busy' : 'unreachable' }))
    })
    const outcome = await decided
    this.stop('answered-elsewhere', outcome.kind === 'accepted' ? outcome.channel : undefined)
    return outcome
  }

  async #ringTab(peer: PeerId): Promise<RingOutcome> {
    try {
      const stream = await this.#room.openStream(peer, callProtocol, {
        maxFrameBytes: maxCallFrameBytes,
        overRelay: true,
      })
      const channel = new CallChannel(stream)
      if (this.#over) {
        void channel.stream.close()
        return { kind: 'unreachable' }
      }
      this.#open.set(peer, channel)
      await channel.send(this.#first)
      return await this.#answer(channel)
    } catch {
      return { kind: 'unreachable' } // a tab that cannot be reached is one that does not ring
    }
  }

  async #answer(channel: CallChannel): Promise<RingOutcome> {
    for (;;) {
      const message = await channel.receive()
      if (message === undefined || message.t === 'end') return { kind: 'unreachable' }
      if (message.t === 'accept') return { kind: 'accepted', channel }
      if (message.t === 'decline') return { kind: 'declined' }
      if (message.t === 'busy') return { kind: 'busy' }
    }
  }

  /** Stops ringing at every tab but `keep`, saying why. */
  stop(reason: EndWord, keep?: CallChannel): void {
    this.#over = true
    for (const channel of this.#open.values()) {
      if (channel !== keep) void channel.end({ t: 'end', reason }).catch(() => {}) // already gone is fine
    }
    this.#open.clear()
  }
}
