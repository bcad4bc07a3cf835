import type { Clock } from '../base/clock.ts'
import type { AccountId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'
import { awayMs } from './constants.ts'

/** Whether an account can be reached, may soon come back, or is gone for what repair is concerned (FI-62). */
export type AccountState = 'reachable' | 'away' | 'lost'

/**
 * Where the room's accounts are. Who said goodbye or stayed away for ten minutes is lost (RO-7). Whom we have not met
 * since we came may only not have met us yet: away for as long.
 */
export class Whereabouts {
  readonly #room: Room
  readonly #clock: Clock
  readonly #hasLeft = new Set<AccountId>()
  readonly #presentSince = new Map<AccountId, number>()
  #startedAt = Infinity
  #offs: (() => void)[] = []

  constructor(components: { readonly room: Room; readonly clock: Clock }) {
    this.#room = components.room
    this.#clock = components.clock
  }

  /** @param onGrown called once, when those whom we never met count as lost */
  start(onGrown: () => void): void {
    const { events } = this.#room
    this.#startedAt = this.#clock.now()
    this.#look()
    const look = (): void => this.#look()
    this.#offs = [
      events.on('member:joined', look),
      events.on('member:changed', look),
      events.on('member:left', ({ account }) => {
        this.#hasLeft.add(account)
        this.#look()
      }),
      this.#clock.after(awayMs, onGrown),
    ]
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off()
  }

  of(account: AccountId): AccountState {
    if (this.#presentSince.has(account) || account === this.#room.self.account) return 'reachable'
    if (this.#room.members().some((member) => member.account === account)) return 'away'
    if (this.#hasLeft.has(account) || this.#clock.now() - this.#startedAt >= awayMs) return 'lost'
    return 'away'
  }

  /** How long an account has been here without a break; 0 when it is not here. */
  presentMs(account: AccountId): number {
    const since = this.#presentSince.get(account)
    return since === undefined ? 0 : this.#clock.now() - since
  }

  /** Whether we are alone while others were here a moment ago: then it is more likely we who are cut off. */
  get isCutOff(): boolean {
    return this.#presentSince.size === 0 && this.#room.members().length > 0
  }

  #look(): void {
    const members = this.#room.members().filter(({ path }) => path !== 'away')
    const present = new Set(members.map(({ account }) => account))
    present.delete(this.#room.self.account)
    for (const account of this.#presentSince.keys()) {
      if (!present.has(account)) this.#presentSince.delete(account)
    }
    for (const account of present) {
      this.#hasLeft.delete(account)
      if (!this.#presentSince.has(account)) this.#presentSince.set(account, this.#clock.now())
    }
  }
}
