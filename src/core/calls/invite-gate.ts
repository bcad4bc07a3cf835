import type { Clock } from '../base/clock.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import { maxInvitesPerMinute, rememberedCalls } from './constants.ts'
import { RepeatedCallError } from './errors.ts'
import type { RingId } from './messages.ts'
import { RateWindow } from './rate.ts'

const minuteMs = 60_000

/** Keeps invites from ringing twice or storming (SPEC CA-8). */
export class InviteGate {
  readonly #clock: Clock
  readonly #seen = new Set<CallId | RingId>()
  readonly #recent = new Map<AccountId, RateWindow>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `RepeatedCallError` for the id of a call, or of a ring into one, that has rung before. */
  checkFresh(id: CallId | RingId): void {
    if (this.#seen.has(id)) throw new RepeatedCallError('this call has rung before')
    this.#seen.add(id)
    const oldest = this.#seen.values().next()
    if (this.#seen.size > rememberedCalls && oldest.done !== true) this.#seen.delete(oldest.value)
  }

  /** Counts one invite of an account; false when it has made too many in the last minute. */
  allows(account: AccountId): boolean {
    const now = this.#clock.now()
    for (const [key, window] of this.#recent) {
      if ((window.last ?? 0) <= now - minuteMs) this.#recent.delete(key)
    }
    const window = this.#recent.get(account) ?? new RateWindow(this.#clock, maxInvitesPerMinute, minuteMs)
    this.#recent.set(account, window)
    return window.take()
  }
}
