import type { Clock, RandomBytes } from '../base/clock.ts'
import { relayRetryMs } from './constants.ts'

interface RelayKeeperInit {
  readonly clock: Clock
  readonly random: RandomBytes
  /** True while all the relays that are wanted are connected. */
  readonly isConnected: () => boolean
  /** One try at every relay known now; resolves when it is over, connected or not. */
  readonly tryRelays: () => Promise<void>
  /** Told after each try and each loss. */
  readonly onState: () => void
}

/**
 * Keeps a relay connected: js-libp2p never reserves again by itself once the connection is lost (js-libp2p issue 3601).
 * Tries again after a jittered, growing pause, and at once when woken.
 */
export class RelayKeeper {
  readonly #init: RelayKeeperInit
  #running = false
  #trying = false
  #wokenWhileTrying = false
  #pauseMs = relayRetryMs.first
  #cancel: () => void = () => undefined

  constructor(init: RelayKeeperInit) {
    this.#init = init
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    void this.#try()
  }

  stop(): void {
    this.#running = false
    this.#cancel()
  }

  /** Tries at once, forgetting the pause. */
  wake(): void {
    this.#pauseMs = relayRetryMs.first
    if (this.#trying) this.#wokenWhileTrying = true
    else void this.#try()
  }

  /** Call when a relay connection has closed. */
  lost(): void {
    if (!this.#running || this.#init.isConnected()) return
    this.#init.onState()
    this.#later()
  }

  async #try(): Promise<void> {
    this.#cancel()
    if (!this.#running || this.#trying) return
    this.#trying = true
    this.#wokenWhileTrying = false
    if (!this.#init.isConnected()) await this.#init.tryRelays()
    this.#trying = false
    if (!this.#running) return
    const connected = this.#init.isConnected()
    this.#init.onState()
    if (connected) this.#pauseMs = relayRetryMs.first
    else if (this.#wokenWhileTrying) void this.#try()
    else this.#later()
  }

  #later(): void {
    this.#cancel()
    const [byte = 0] = this.#init.random(1)
    const pause = this.#pauseMs * (0.5 + byte / 512)
    this.#pauseMs = Math.min(this.#pauseMs * 2, relayRetryMs.longest)
    this.#cancel = this.#init.clock.after(pause, () => void this.#try())
  }
}
