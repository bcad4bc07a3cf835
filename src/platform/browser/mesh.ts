import './dial-shim.ts'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Clock, RandomBytes } from '../../core/base/clock.ts'
import type { Logger } from '../../core/base/logger.ts'
import type { Identity } from '../../core/identity/index.ts'
import type { Mesh } from '../../core/mesh/index.ts'
import { pingIntervalMs } from '../../core/mesh/constants.ts'
import { Libp2pMesh } from '../../core/mesh/libp2p-mesh.ts'
import { createRendezvousClient } from '../../core/mesh/rendezvous/client.ts'
import { gateSignalling } from '../../core/mesh/signalling-gate.ts'
import { libp2pKeyOf } from '../../core/mesh/tab-key.ts'

interface BrowserMeshInit {
  readonly identity: Identity
  readonly relays: () => Promise<readonly string[]>
  readonly iceServers: () => readonly RTCIceServer[]
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

/** Data-channel messages of 64 KiB: a tenth faster than the default of 16, and all peers are of this build's kind. */
const maxMessageSize = 64 * 1024

/** The {@link Mesh} of a browser tab: WebSocket or webrtc-direct to the relay, circuit relay and WebRTC to other tabs. */
export function createBrowserMesh({
  identity,
  relays,
  iceServers,
  clock,
  random,
  logger,
}: BrowserMeshInit): Mesh {
  const privateKey = libp2pKeyOf(identity.tabKey)
  const allowed = new Set<string>()
  const allowedRelays = async (): Promise<readonly string[]> => {
    const addresses = await relays()
    for (const address of addresses) allowed.add(webSocketOf(address) ?? '')
    return addresses
  }
  const transport = webRTC({
    rtcConfiguration: () => ({ iceServers: [...iceServers()] }),
    dataChannel: { maxMessageSize },
  })
  return new Libp2pMesh({
    self: identity.peer,
    createNode: ({ isAdmitted }) =>
      createLibp2p({
        start: false,
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
              ),
            ),
        ],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        connectionMonitor: { pingInterval: pingIntervalMs },
        connectionGater: { denyDialMultiaddr: (address) => isBlocked(address.toString(), allowed) },
        connectionManager: { inboundConnectionThreshold: 50, maxIncomingPendingConnections: 50 },
        services: { identify: identify(), ping: ping() },
      }),
    relays: allowedRelays,
    rendezvous: createRendezvousClient(privateKey),
    dialsThroughRelay: true,
    clock,
    random,
    logger,
  })
}

/** The WebSocket part of an address, undefined when it has none. */
function webSocketOf(address: string): string | undefined {
  return /^.*?\/wss?(?=\/|$)/.exec(address)?.[0]
}

/**
 * WebSockets are opened to relays we were told of only: the page's policy (`connect-src`) allows no other, and a secure page no
 * plain ones (W3C mixed content). Other addresses of a relay come to us in its own description and are left alone.
 */
function isBlocked(address: string, allowed: ReadonlySet<string>): boolean {
  const webSocket = webSocketOf(address)
  if (webSocket === undefined) return false
  const isPlain = webSocket.endsWith('/ws') && !/\/tls\//.test(webSocket)
  return !allowed.has(webSocket) || (isPlain && location.protocol === 'https:')
}
