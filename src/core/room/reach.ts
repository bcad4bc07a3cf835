import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { delay } from '../base/wait.ts'
import type { Mesh, PeerAddress } from '../mesh/index.ts'
import { maxKnownPeers, maxTries, retryMs, upgradePatienceMs, upgradeRetryMs } from './constants.ts'

interface ReachInit {
  readonly mesh: Pick<Mesh, 'connect' | 'connectDirect' | 'link' | 'self'>
  readonly isMember: (peer: PeerId) => boolean
  /** Runs the handshake as the asking side. */
  readonly ask: (peer: PeerId) => Promise<void>
  /** Whether trying again later makes no sense after this error. */
  readonly isFinal: (error: unknown) => boolean
  readonly onChanged: () => void
  /** A peer was tried for the first time, whatever came of it. */
  readonly onTried: () => void
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

interface Known {
  address: PeerAddress
  tries: number
  hasBeenTried: boolean
  readonly control: AbortController
  running: boolean
}

/**
 * Reaches every known peer of the room and keeps it reached: link, admission, direct link, each retried with a jittered,
 * growing pause (SPEC RO-9). One task for each peer.
 */
export class Reach {
  readonly #init: ReachInit
  readonly #known = new Map<PeerId, Known>()
  readonly #upgrading = new Set<PeerId>()
  #stopped = false

  constructor(init: ReachInit) {
    this.#init = init
  }

  /** Peers and addresses worth remembering. */
  addresses(): readonly PeerAddress[] {
    return [...this.#known.values()].map(({ address }) => address)
  }

  /** Whether every known peer was tried once. */
  hasTriedAll(): boolean {
    return [...this.#known.values()].every(({ hasBeenTried }) => hasBeenTried)
  }

  /** Takes up a peer that was heard of; fresh news of a known one gives it new tries. */
  add(address: PeerAddress): void {
    const { peer } = address
    if (this.#stopped || peer === this.#init.mesh.self) return
    const known = this.#known.get(peer)
    if (known === undefined && this.#known.size >= maxKnownPeers) return
    const entry = known ?? newlyKnown(address)
    entry.tries = 0
    if (address.addresses.length > 0) entry.address = address
    this.#known.set(peer, entry)
    if (known === undefined) this.#init.onChanged()
    this.#run(entry)
  }

  /** A peer that came to us by itself: remembered, and reached for if its link breaks. */
  note(peer: PeerId): void {
    if (!this.#known.has(peer)) this.add({ peer, addresses: [] })
  }

  /** Everyone again, now: the network is back, a link was lost. */
  wake(): void {
    for (const entry of this.#known.values()) {
      entry.tries = 0
      this.#run(entry)
    }
  }

  drop(peer: PeerId): void {
    this.#known.get(peer)?.control.abort()
    if (this.#known.delete(peer)) this.#init.onChanged()
  }

  stop(): void {
    this.#stopped = true
    for (const { control } of this.#known.values()) control.abort()
  }

  #run(entry: Known): void {
    if (entry.running || this.#stopped) return
    entry.running = true
    void this.#reach(entry).finally(() => (entry.running = false))
  }

  async #reach(entry: Known): Promise<void> {
    const { mesh, isMember, ask, isFinal, clock, logger } = this.#init
    const { signal } = entry.control
    while (
      !signal.aborted &&
      !(isMember(entry.address.peer) && mesh.link(entry.address.peer) !== undefined)
    ) {
      try {
        await mesh.connect(entry.address, { signal })
        if (!isMember(entry.address.peer)) await ask(entry.address.peer)
        void this.upgrade(entry.address.peer, 0)
        this.#tried(entry)
        return
      } catch (error) {
        if (signal.aborted) return
        this.#tried(entry)
        entry.tries += 1
        logger('debug', 'member not reached', { peer: entry.address.peer, error: errorName(error) })
        if (isFinal(error) || entry.tries >= maxTries) return this.drop(entry.address.peer)
        const pause = Math.min(retryMs.first * 2 ** entry.tries, retryMs.longest)
        await delay(this.#jittered(pause), clock, signal).catch(() => undefined) // aborted: the loop ends above
      }
    }
  }

  #tried(entry: Known): void {
    if (entry.hasBeenTried) return
    entry.hasBeenTried = true
    this.#init.onTried()
  }

  /**
   * Makes the link to a member direct, again and again until it is. The side that asked begins at once, the other gives it
   * some seconds, so that the two seldom dial at the same time.
   */
  async upgrade(peer: PeerId, patienceMs = upgradePatienceMs): Promise<void> {
    if (this.#upgrading.has(peer)) return
    this.#upgrading.add(peer)
    const { mesh, isMember, clock, logger } = this.#init
    const control = this.#known.get(peer)?.control ?? new AbortController()
    let pause: number = upgradeRetryMs.first
    try {
      if (patienceMs > 0) await delay(patienceMs, clock, control.signal)
      while (!this.#stopped && isMember(peer) && mesh.link(peer)?.path === 'relayed') {
        try {
          const addresses = this.#known.get(peer)?.address.addresses ?? []
          await mesh.connectDirect({ peer, addresses }, { signal: control.signal })
        } catch (error) {
          logger('info', 'no direct link yet', { peer, error: errorName(error) })
          await delay(this.#jittered(pause), clock, control.signal)
          pause = Math.min(pause * 2, upgradeRetryMs.longest)
        }
      }
    } catch {
      // Stopped or dropped while waiting.
    } finally {
      this.#upgrading.delete(peer)
    }
  }

  #jittered(ms: number): number {
    return ms * (0.5 + (this.#init.random(1)[0] ?? 0) / 512)
  }
}

function newlyKnown(address: PeerAddress): Known {
  return { address, tries: 0, hasBeenTried: false, control: new AbortController(), running: false }
}
