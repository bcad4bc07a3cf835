import { toBase64Url } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'
import { ringTimeoutMs } from './constants.ts'
import type { CallMedia } from './media.ts'
import type { EndWord, RingId } from './messages.ts'
import { presentTabs, Ring } from './ring.ts'

/** How a ring into the call we are in ended; `accepted` ones join by themselves. */
export type RingIntoOutcome = 'accepted' | 'declined' | 'busy' | 'unreachable' | 'no-answer' | 'cancelled'

interface RingsIntoInit {
  readonly room: Room
  readonly clock: Clock
  readonly random: RandomBytes
  readonly onChanged: () => void
  readonly onEnded: (account: AccountId, outcome: RingIntoOutcome) => void
}

interface Ringing {
  readonly ring: Ring
  readonly cancelTimer: () => void
}

/** Rings further people into the call we are in, each at all their tabs; our own call goes on meanwhile (SPEC CA-24). */
export class RingsInto {
  readonly #init: RingsIntoInit
  readonly #ringing = new Map<AccountId, Ringing>()

  constructor(init: RingsIntoInit) {
    this.#init = init
  }

  /** Whom we ring now. */
  accounts(): readonly AccountId[] {
    return [...this.#ringing.keys()]
  }

  /** Rings this person, once at a time. Throws `NotReachableError`. */
  ring(account: AccountId, call: CallId, media: CallMedia): void {
    if (this.#ringing.has(account)) return
    const { room, clock, random, onChanged } = this.#init
    const tabs = presentTabs(room, account)
    const id = toBase64Url(random(16)) as RingId // 16 fresh bytes make a ring id
    const { audio, video } = media
    const ring = new Ring(room, { t: 'ring-into', ring: id, call, audio, video })
    const cancelTimer = clock.after(ringTimeoutMs, () => this.#end(account, 'no-answer'))
    this.#ringing.set(account, { ring, cancelTimer })
    onChanged()
    void ring.run(tabs).then((outcome) => {
      if (outcome.kind === 'accepted') void outcome.channel.stream.close()
      if (this.#ringing.get(account)?.ring === ring) this.#end(account, outcome.kind)
    })
  }

  /** Stops ringing whoever has come in by another tab or another way. */
  arrived(account: AccountId): void {
    this.#end(account, 'accepted')
  }

  /** Stops ringing one person, or everybody. */
  cancel(account?: AccountId): void {
    for (const one of account === undefined ? this.accounts() : [account]) this.#end(one, 'cancelled')
  }

  #end(account: AccountId, outcome: RingIntoOutcome): void {
    const ringing = this.#ringing.get(account)
    if (ringing === undefined) return
    this.#ringing.delete(account)
    ringing.cancelTimer()
    ringing.ring.stop(wordOf(outcome))
    this.#init.onChanged()
    this.#init.onEnded(account, outcome)
  }
}

/** What the tabs that still ring are told. */
function wordOf(outcome: RingIntoOutcome): EndWord {
  if (outcome === 'no-answer' || outcome === 'cancelled') return outcome
  return 'answered-elsewhere'
}
