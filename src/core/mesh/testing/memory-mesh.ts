import '../../base/polyfill.ts'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { systemClock, systemRandom } from '../../base/clock.ts'
import type { PeerId } from '../../base/ids.ts'
import { silent } from '../../base/logger.ts'
import type { Identity } from '../../identity/index.ts'
import type { PeerAddress } from '../index.ts'
import { Libp2pMesh, type MeshGate } from '../libp2p-mesh.ts'
import { libp2pKeyOf } from '../tab-key.ts'

/** Who registered under which name, in this process: stands in for the relays. */
export class MemoryRendezvous {
  readonly #names = new Map<string, Map<PeerId, PeerAddress>>()

  register(namespace: string, address: PeerAddress): void {
    const peers = this.#names.get(namespace) ?? new Map<PeerId, PeerAddress>()
    peers.set(address.peer, address)
    this.#names.set(namespace, peers)
  }

  discover(namespace: string): readonly PeerAddress[] {
    return [...(this.#names.get(namespace)?.values() ?? [])]
  }
}

/**
 * A real libp2p peer over the memory transport: Noise, yamux and identify as in the product, links are direct and made without signalling.
 * @param onGate given what the transport of WebRTC would be
 */
export function createMemoryMesh(
  identity: Identity,
  rendezvous: MemoryRendezvous,
  onGate: (gate: MeshGate) => void = () => {},
): Libp2pMesh {
  const address = `/memory/${identity.peer}`
  return new MemoryMesh(
    {
      self: identity.peer,
      createNode: (gate) => {
        onGate(gate)
        return createLibp2p({
          start: false,
          privateKey: libp2pKeyOf(identity.tabKey),
          addresses: { listen: [address] },
          transports: [memory()],
          connectionEncrypters: [noise()],
          streamMuxers: [yamux()],
          connectionMonitor: { enabled: false },
          connectionGater: { denyDialMultiaddr: () => false },
          services: { identify: identify(), ping: ping() },
        })
      },
      relays: () => Promise.resolve([]),
      rendezvous: { register: () => Promise.resolve(), discover: () => Promise.resolve([]) },
      hasTurn: () => false,
      dialsThroughRelay: false,
      clock: systemClock,
      random: systemRandom,
      logger: silent,
    },
    rendezvous,
  )
}

class MemoryMesh extends Libp2pMesh {
  readonly #rendezvous: MemoryRendezvous

  constructor(init: ConstructorParameters<typeof Libp2pMesh>[0], rendezvous: MemoryRendezvous) {
    super(init)
    this.#rendezvous = rendezvous
  }

  override register(namespace: string): Promise<void> {
    this.#rendezvous.register(namespace, {
      peer: this.self,
      addresses: [`/memory/${this.self}/p2p/${this.self}`],
    })
    return Promise.resolve()
  }

  override discover(namespace: string): Promise<readonly PeerAddress[]> {
    return Promise.resolve(this.#rendezvous.discover(namespace).filter(({ peer }) => peer !== this.self))
  }
}
