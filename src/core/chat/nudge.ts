import type { Clock } from '../base/clock.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'
import { nudgeAfterMs, nudgeEveryMs } from './constants.ts'

export interface NudgeInit {
  readonly room: Room
  readonly clock: Clock
  /** Whether an account has shown to hold our entry at `seq`. */
  readonly holds: (account: AccountId, seq: number) => boolean
  readonly sync: (peer: PeerId) => void
}

/**
 * Looks after entries that gossip may have lost: a present account without receipt for our entry two seconds later is
 * synced with (SPEC CH-11).
 */
export class Nudge {
  readonly #init: NudgeInit
  readonly #lastAt = new Map<PeerId, number>()
  #cancel: (() => void) | undefined

  constructor(init: NudgeInit) {
    this.#init = init
  }

  /** Our entry at `seq` was published. */
  published(seq: number): void {
    this.#cancel ??= this.#init.clock.after(nudgeAfterMs, () => {
      this.#cancel = undefined
      this.#look(seq)
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #look(seq: number): void {
    const { room, clock, holds, sync } = this.#init
    const now = clock.now()
    for (const [peer, at] of this.#lastAt) if (now - at >= nudgeEveryMs) this.#lastAt.delete(peer)
    for (const { peer, account, path } of room.members()) {
      if (path === 'away' || account === room.self.account || holds(account, seq)) continue
      if (this.#lastAt.has(peer)) continue
      this.#lastAt.set(peer, now)
      sync(peer)
    }
  }
}
