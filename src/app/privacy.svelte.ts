import type { RoomSession } from '../core/peer.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'

/** Whether a room's members learn our address, and what hiding it would cost here. */
export class PrivacyState {
  readonly #session: RoomSession
  readonly #toasts: ToastsState
  readonly #changed: () => void
  #canRelay = $state<boolean | undefined>()

  constructor(session: RoomSession, toasts: ToastsState) {
    this.#session = session
    this.#toasts = toasts
    this.#changed = watch(session.calls.events, 'relay-only:changed')
  }

  /** Our address is hidden from the members of this room. */
  get isHidden(): boolean {
    this.#changed()
    return this.#session.calls.isRelayOnly()
  }
  /** Whether the relay has a TURN server, without which a hidden address means no calls; undefined until asked. */
  get canRelay(): boolean | undefined {
    return this.#canRelay
  }

  /** Asks the relay anew what it offers. */
  async look(): Promise<void> {
    this.#canRelay = await this.#session.calls.canRelay()
  }

  /** Hides or shows the address; what prevents it is said, and nothing has changed then. */
  async hide(on: boolean): Promise<void> {
    try {
      await this.#session.setRelayOnly(on)
    } catch (error) {
      this.#toasts.problem(error)
    }
  }
}
