import type { Clock } from '../base/clock.ts'
import { ProtocolError } from '../base/errors.ts'
import type { AccountId, CallId } from '../base/ids.ts'
import { maxInvitesPerMinute, rememberedCalls } from './constants.ts'

/** Keeps invites from ringing twice or storming (SPEC CA-8). */
export class InviteGate {
  readonly #clock: Clock
  readonly #seen = new Set<CallId>()
  readonly #recent = new Map<AccountId, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `ProtocolError` for a call id that has rung before. */
  checkFresh(call: CallId): void {
    if (this.#seen.has(call)) throw new ProtocolError('this call has rung before')
    this.#seen.add(call)
    const oldest = this.#seen.values().next()
    if (this.#seen.size > rememberedCalls && oldest.done !== true) this.#seen.delete(oldest.value)
  }

  /** Counts one invite of an account; false when it has made too many in the last minute. */
  allows(account: AccountId): boolean {
    const now = this.#clock.now()
    for (const [key, times] of this.#recent) {
      if ((times.at(-1) ?? 0) <= now - 60_000) this.#recent.delete(key)
    }
    const times = (this.#recent.get(account) ?? []).filter((at) => at > now - 60_000)
    if (times.length >= maxInvitesPerMinute) return false
    this.#recent.set(account, [...times, now])
    return true
  }
}
