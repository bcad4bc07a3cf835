import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { circuitRelayServer, type CircuitRelayService } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { keychain } from '@libp2p/keychain'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { FsDatastore } from 'datastore-fs'
import { createLibp2p } from 'libp2p'
import { errorName } from '../src/core/base/errors.ts'
import { eagerProtocols } from '../src/core/mesh/constants.ts'
import { withEagerProtocols } from '../src/core/mesh/eager-protocols.ts'
import { withFewWindowUpdates, withWholeMessages } from '../src/core/mesh/lean-node.ts'
import { circuitLimits, connectionLimits } from './constants.ts'
import { tieToConnections } from './reservations.ts'
import { isUdpPortFree, loadWebRtc } from './webrtc.ts'

/** What {@link startNode} needs. */
export interface RelayNodeInit {
  readonly key: PrivateKey
  readonly data: string
  readonly maxReservations: number
  /** Where people reach our WebSocket, without the peer id. */
  readonly announced: () => readonly string[]
  /** IPv4 address and UDP port of webrtc-direct; `undefined` for none. */
  readonly webrtc: { readonly host: string; readonly port: number } | undefined
  /** Told in one sentence when something optional does not work. */
  readonly onNotice: (sentence: string) => void
  /** False turns away a connection that did not come through the public HTTP port. */
  readonly admit: (connection: DirectConnection) => boolean
}

/** As much of libp2p's raw connection as limits need. */
export interface DirectConnection {
  readonly remoteAddr: Multiaddr
  addEventListener(type: 'close', listener: () => void): void
}

/** The libp2p side, listening. */
export interface RelayNode {
  readonly node: Libp2p<{ relay: CircuitRelayService }>
  /** Port of the WebSocket listener on loopback. */
  readonly innerPort: number
  readonly reservations: () => number
}

/** Starts libp2p; webrtc-direct is left out, with a sentence, when it does not work here. */
export async function startNode(init: RelayNodeInit): Promise<RelayNode> {
  const direct = init.webrtc === undefined ? undefined : await prepareDirect(init.webrtc, init.data)
  if (typeof direct === 'string') init.onNotice(direct)
  if (typeof direct !== 'object') return start(init, undefined)
  try {
    return await start(init, direct)
  } catch (error) {
    init.onNotice(`webrtc-direct is off: it did not start (${errorName(error)}). WebSocket works as always.`)
    return start(init, undefined)
  }
}

/** What webrtc-direct needs; a sentence when it cannot be had. */
async function prepareDirect(
  { host, port }: { readonly host: string; readonly port: number },
  data: string,
): Promise<Direct | string> {
  if (!(await isUdpPortFree(host, port))) {
    return `webrtc-direct is off: UDP port ${port} is in use; name another with --webrtc-port. WebSocket works as always.`
  }
  const folder = join(data, 'certificate')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const store = new FsDatastore(folder)
  await store.open()
  const transport = await loadWebRtc(store)
  return typeof transport === 'string' ? transport : { host, port, transport, store }
}

interface Direct {
  readonly host: string
  readonly port: number
  readonly transport: Exclude<Awaited<ReturnType<typeof loadWebRtc>>, string>
  readonly store: FsDatastore
}

async function start(init: RelayNodeInit, direct: Direct | undefined): Promise<RelayNode> {
  const node = await create(init, direct)
  try {
    await node.start()
  } catch (error) {
    await node.stop()
    throw error
  }
  const relay = node.services.relay
  tieToConnections(relay.reservations, node)
  // Who was here is nothing to remember.
  node.addEventListener('peer:disconnect', ({ detail: peer }) => {
    node.peerStore.delete(peer).catch(() => undefined) // gone is gone
  })
  return { node, innerPort: innerPortOf(node), reservations: () => relay.reservations.size }
}

function create(
  init: RelayNodeInit,
  direct: Direct | undefined,
): Promise<Libp2p<{ relay: CircuitRelayService }>> {
  const inner = '/ip4/127.0.0.1/tcp/0/ws'
  return createLibp2p({
    start: false,
    privateKey: init.key,
    addresses: {
      listen:
        direct === undefined ? [inner] : [inner, `/ip4/${direct.host}/udp/${direct.port}/webrtc-direct`],
      // The WebSocket listener is behind the public port: its own address leads nowhere.
      announceFilter: (addresses) => [
        ...init.announced().map((address) => multiaddr(address)),
        ...addresses.filter((address) => address.toString().includes('/webrtc-direct/')),
      ],
    },
    transports: direct === undefined ? [webSockets()] : [webSockets(), direct.transport],
    connectionEncrypters: [withWholeMessages(noise())],
    streamMuxers: [withEagerProtocols(withFewWindowUpdates(yamux()), eagerProtocols)],
    connectionGater: {
      denyDialMultiaddr: () => true, // a relay waits to be called
      denyInboundConnection: (connection) => !isInner(connection.remoteAddr) && !init.admit(connection),
    },
    connectionManager: {
      maxConnections: connectionLimits.maxConnections,
      inboundConnectionThreshold: connectionLimits.inboundPerSecond,
      maxIncomingPendingConnections: connectionLimits.maxPending,
    },
    services: {
      identify: identify({ runOnConnectionOpen: false }), // answers; it need not ask
      ping: ping(),
      relay: circuitRelayServer({
        reservations: {
          maxReservations: init.maxReservations,
          reservationTtl: circuitLimits.reservationTtlMs,
          defaultDataLimit: circuitLimits.dataBytes,
          defaultDurationLimit: circuitLimits.durationMs,
        },
      }),
      ...(direct === undefined
        ? {}
        : {
            keychain: ({ logger }: Parameters<ReturnType<typeof keychain>>[0]) =>
              keychain()({ datastore: direct.store, logger }),
          }),
    },
  })
}

/** True for a WebSocket: those were let in at the public port. */
function isInner(address: Multiaddr): boolean {
  return /\/ws(\/|$)/.test(address.toString())
}

function innerPortOf(node: Libp2p): number {
  // getMultiaddrs() tells what is announced; the listener itself is asked through the transport manager.
  const { transportManager } = (
    node as unknown as { components: { transportManager: { getAddrs(): Multiaddr[] } } }
  ).components
  for (const address of transportManager.getAddrs()) {
    const port = /^\/ip4\/127\.0\.0\.1\/tcp\/(\d+)\/ws/.exec(address.toString())?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('the WebSocket listener has no port')
}
