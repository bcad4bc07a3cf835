import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Identity } from '../identity/index.ts'
import { channelHighBytes, channelMessageBytes, eagerProtocols, pingIntervalMs } from './constants.ts'
import { withEagerProtocols } from './eager-protocols.ts'
import { turnOnly, type IceServer } from './ice.ts'
import type { Mesh } from './index.ts'
import { handshakeCrypto, noLogs, withBreath, withFewWindowUpdates, withWholeMessages } from './lean-node.ts'
import { Libp2pMesh } from './libp2p-mesh.ts'
import { createRendezvousClient } from './rendezvous/client.ts'
import { gateSignalling } from './signalling-gate.ts'
import { libp2pKeyOf } from './tab-key.ts'

export interface RelayedMeshInit {
  readonly identity: Identity
  /** Multiaddrs of relays, each ending in `/p2p/<id>`, asked again before every try. */
  readonly relays: () => Promise<readonly string[]>
  /** Asked again for every link; none when empty, never a public default. */
  readonly iceServers: () => readonly IceServer[]
  /** False where WebSockets must be encrypted (W3C mixed content). */
  readonly allowsPlain: boolean
  /** Gives the event loop a turn between the heavy steps of a start; none when left out. */
  readonly breathe?: () => Promise<void>
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

/**
 * A {@link Mesh} as tabs and Node peers have it: WebSocket or webrtc-direct to the relay, circuit relay and WebRTC to other
 * peers. The adapter must have cured the dial race (`dial-race.ts`) and, in Node 20, given a global WebSocket.
 */
export function createRelayedMesh(init: RelayedMeshInit): Mesh {
  const { identity, relays, iceServers, clock, random, logger } = init
  const privateKey = libp2pKeyOf(identity.tabKey)
  const allowed = new Set<string>()
  /**
   * WebSockets are opened to relays we were told of only: a page's policy (`connect-src`) allows no other. Other addresses of a
   * relay come to us in its own description and are left alone.
   */
  const isBlocked = (address: string): boolean => {
    const webSocket = webSocketOf(address)
    if (webSocket === undefined) return false
    const isPlain = webSocket.endsWith('/ws') && !/\/tls\//.test(webSocket)
    return !allowed.has(webSocket) || (isPlain && !init.allowsPlain)
  }
  const configuration = (isRelayOnly: boolean): { iceServers: IceServer[]; iceTransportPolicy?: 'relay' } =>
    isRelayOnly
      ? { iceServers: [...turnOnly(iceServers())], iceTransportPolicy: 'relay' }
      : { iceServers: [...iceServers()] }
  return new Libp2pMesh({
    self: identity.peer,
    hasTurn: () => turnOnly(iceServers()).length > 0,
    createNode: async ({ isAdmitted, isRelayOnly, isRelay, began, mayReserve }) => {
      const transport = webRTC({
        rtcConfiguration: () => configuration(isRelayOnly()),
        dataChannel: { maxMessageSize: channelMessageBytes, maxBufferedAmount: channelHighBytes },
      })
      const node = await createLibp2p({
        start: false,
        logger: noLogs,
        privateKey,
        // Search mode: starts with no relay in reach, and reserves wherever one answers.
        addresses: { listen: ['/p2p-circuit', '/webrtc'] },
        transports: [
          webSockets(),
          webRTCDirect(),
          circuitRelayTransport(),
          (components: Parameters<typeof transport>[0]) =>
            transport(
              gateSignalling(
                components,
                ({ remotePeer }) => isAdmitted(remotePeer.toString()),
                ({ remotePeer }) => logger('warn', 'signalling refused', { peer: remotePeer.toString() }),
                (stream, { remotePeer }) => began(remotePeer.toString(), stream),
              ),
            ),
        ],
        connectionEncrypters: [
          withBreath(withWholeMessages(noise({ crypto: handshakeCrypto })), init.breathe),
        ],
        streamMuxers: [withEagerProtocols(withFewWindowUpdates(yamux()), eagerProtocols)],
        connectionMonitor: { pingInterval: pingIntervalMs },
        connectionGater: { denyDialMultiaddr: (address) => isBlocked(address.toString()) },
        connectionManager: { inboundConnectionThreshold: 50, maxIncomingPendingConnections: 50 },
        services: { identify: identify({ runOnConnectionOpen: false }), ping: ping() },
      })
      node.addEventListener('connection:open', ({ detail: connection }) => {
        // What a relay can do is asked of relays; a member's room says all that is needed of them.
        if (!isRelay(connection.remotePeer.toString())) return
        // A relay that is known to be one gets a reservation.
        const identified = mayReserve().then(() => node.services.identify.identify(connection))
        identified.catch(() => undefined) // it is gone again
      })
      return node
    },
    relays,
    onRelay: (address) => void allowed.add(webSocketOf(address) ?? ''),
    rendezvous: createRendezvousClient(privateKey),
    dialsThroughRelay: true,
    breathe: init.breathe,
    clock,
    random,
    logger,
  })
}

/** The WebSocket part of an address, undefined when it has none. */
function webSocketOf(address: string): string | undefined {
  return /^.*?\/wss?(?=\/|$)/.exec(address)?.[0]
}
