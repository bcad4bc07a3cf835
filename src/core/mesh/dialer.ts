import type { Connection, Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { delay, signalWithin } from '../base/wait.ts'
import { dialTimeoutMs, dialTries } from './constants.ts'
import { DialError } from './errors.ts'
import type { Link, PeerAddress } from './index.ts'
import { bestOf, linkOf } from './link-table.ts'

interface DialerInit {
  readonly node: () => Libp2p
  readonly connections: (peer: PeerId) => readonly Connection[]
  /** Relays connected now. */
  readonly relays: () => readonly Connection[]
  /** Whether links begin through a relay (a browser), or at a peer's own addresses (memory, tests). */
  readonly isThroughRelay: boolean
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

/** Where a peer is dialled, and how often. */
export class Dialer {
  readonly #init: DialerInit

  constructor(init: DialerInit) {
    this.#init = init
  }

  /** Links to a peer, through a relay where links begin so. Throws `DialError`, or the signal's abort. */
  relayed(target: PeerAddress, signal?: AbortSignal): Promise<Link> {
    return this.#dial(target.peer, this.#relayedAddresses(target), signal)
  }

  /** Makes a direct link, its signalling going through a relay. Throws as {@link relayed}. */
  direct(target: PeerAddress, signal?: AbortSignal): Promise<Link> {
    const addresses = this.#relayedAddresses(target).map((address) =>
      address.replace(`/p2p-circuit/p2p/${target.peer}`, `/p2p-circuit/webrtc/p2p/${target.peer}`),
    )
    return this.#dial(target.peer, addresses, signal)
  }

  /** Makes one more direct connection beside the one that stands, over which its signalling goes. One try; throws what libp2p throws. */
  another(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const { node, connections, relays, isThroughRelay } = this.#init
    const standing = bestOf(connections(peer))?.remoteAddr.toString()
    const addresses = isThroughRelay
      ? relays().map((relay) => `${base(relay)}/p2p-circuit/webrtc/p2p/${peer}`)
      : [standing ?? []].flat()
    if (addresses.length === 0) throw new DialError('no relay is connected and no address is known')
    return node().dial(
      addresses.map((address) => multiaddr(address)),
      { signal, force: true },
    )
  }

  /** Addresses through relays we are on come first: they need no new link to another relay. */
  #relayedAddresses({ peer, addresses }: PeerAddress): readonly string[] {
    if (!this.#init.isThroughRelay) return addresses
    const own = this.#init.relays().map((relay) => `${base(relay)}/p2p-circuit/p2p/${peer}`)
    const theirs = addresses.filter((address) => address.endsWith(`/p2p-circuit/p2p/${peer}`))
    return [...new Set([...own, ...theirs])].slice(0, 4)
  }

  async #dial(peer: PeerId, addresses: readonly string[], signal?: AbortSignal): Promise<Link> {
    const { node, connections, clock, random, logger } = this.#init
    if (addresses.length === 0) throw new DialError('no relay is connected and no address is known')
    let last: unknown
    for (let attempt = 0; attempt < dialTries; attempt++) {
      if (attempt > 0) await delay(150 * attempt + (random(1)[0] ?? 0), clock, signal)
      try {
        const connection = await node().dial(
          addresses.map((address) => multiaddr(address)),
          { signal: signalWithin(dialTimeoutMs, signal) },
        )
        return linkOf(bestOf(connections(peer)) ?? connection)
      } catch (error) {
        if (signal?.aborted === true) throw error
        last = error
        logger('debug', 'dial failed', { peer, attempt, error: errorName(error) })
      }
    }
    throw new DialError(`${peer} was not reached at ${addresses.length} addresses`, { cause: last })
  }
}

/** The relay's address with its id, as a base for addresses through it. */
function base(relay: Connection): string {
  const address = relay.remoteAddr.toString()
  const id = relay.remotePeer.toString()
  return address.includes(`/p2p/${id}`) ? address : `${address}/p2p/${id}`
}
