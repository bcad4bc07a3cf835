import { createServer, type Server } from 'node:http'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { PrivateKey } from '@libp2p/interface'
import { systemClock, type Clock } from '../src/core/base/clock.ts'
import { RendezvousStore, serveRendezvous } from '../src/core/mesh/rendezvous/server.ts'
import { AddressLimiter } from './address-limiter.ts'
import { originOfUrl, webSocketAddress } from './addresses.ts'
import { createAnswer } from './answer.ts'
import { loadApp, type AppFiles } from './app-files.ts'
import { httpLimits } from './constants.ts'
import { StartError } from './errors.ts'
import { securityHeaders } from './headers.ts'
import { loadKey } from './key.ts'
import { Metrics } from './metrics.ts'
import { startNode, type DirectConnection, type RelayNode, type RelayNodeInit } from './node.ts'
import { defaultOptions, type RelayOptions } from './options.ts'
import { addressGroup } from './remote-address.ts'
import { withTurnCredentials } from './turn.ts'
import { UpgradePipe } from './upgrade.ts'

/** What a start may be given beside the options; the rest has defaults. */
export interface RelayInit extends Partial<RelayOptions> {
  readonly clock?: Clock
  /** Told in one sentence when something optional does not work. */
  readonly onNotice?: (sentence: string) => void
}

/** A running relay. */
export interface Relay {
  /** Where a page on this machine finds it. */
  readonly url: string
  readonly port: number
  readonly peerId: string
  /** Ends all connections and gives the port back; twice is fine. */
  stop(): Promise<void>
}

/** What the parts of one relay share. */
interface Parts {
  readonly options: RelayOptions
  readonly clock: Clock
  readonly metrics: Metrics
  readonly limiter: AddressLimiter
  readonly headers: Readonly<Record<string, string>>
  readonly onNotice: (sentence: string) => void
}

/** Starts a relay and resolves when it answers. Throws `StartError` with what to do about it. */
export async function startRelay(init: RelayInit = {}): Promise<Relay> {
  const { clock = systemClock, onNotice = () => undefined, ...given } = init
  const options = { ...defaultOptions, ...given }
  const key = await loadKey(options.data)
  const files: AppFiles = options.app === undefined ? new Map() : await loadApp(options.app)
  const { maxPerAddress: maxOpen, ratePerMinute, trustProxy } = options
  const iceServers = () => withTurnCredentials(options.iceServers, options.turnSecret, clock)
  const metrics = new Metrics()
  const headers = securityHeaders(options.connectOrigins)
  const limiter = new AddressLimiter({ clock, maxOpen, ratePerMinute })
  const parts = { options, clock, metrics, limiter, headers, onNotice }
  let running: RelayNode | undefined
  const self = (): { peerId: string; addresses: string[] } | undefined => running && selfOf(running)
  const server = createServer(
    serverOptions,
    createAnswer({ headers, files, metrics, iceServers, trustProxy, self }),
  )
  server.maxConnections = httpLimits.maxSockets
  // The public port first: it is the likeliest to fail, and the addresses carry it.
  const port = await listen(server, options)
  try {
    running = await startNode(nodeInit(parts, key, port))
    const upgrades = await connect(parts, running, server)
    return handle(parts, running, server, upgrades, port)
  } catch (error) {
    await close(server)
    throw error
  }
}

const serverOptions = {
  maxHeaderSize: httpLimits.maxHeaderBytes,
  headersTimeout: httpLimits.headersTimeoutMs,
  requestTimeout: httpLimits.requestTimeoutMs,
  connectionsCheckingInterval: httpLimits.checkIntervalMs,
}

function nodeInit(
  { options, limiter, metrics, onNotice }: Parts,
  key: PrivateKey,
  port: number,
): RelayNodeInit {
  const isLocal = options.host === 'localhost' || options.host === '::1'
  const host = isLocal ? '127.0.0.1' : isIPv4(options.host) ? options.host : '0.0.0.0'
  return {
    key,
    data: options.data,
    maxReservations: options.maxReservations,
    announced: () => announcedAddresses(options, port),
    webrtc: options.webrtc ? { host, port: options.webrtcPort ?? port } : undefined,
    onNotice,
    admit: (connection) => admitDirect(connection, limiter, metrics),
  }
}

/** Rendezvous, upgrades and gauges: what needs libp2p to listen. */
async function connect(
  { options: { trustProxy }, clock, limiter, metrics, headers }: Parts,
  { node, innerPort, reservations }: RelayNode,
  server: Server,
): Promise<UpgradePipe> {
  const store = new RendezvousStore(clock)
  await serveRendezvous(node, store)
  const upgrades = new UpgradePipe({ innerPort, limiter, metrics, trustProxy, headers })
  metrics.watch({
    connections: () => node.getConnections().length,
    reservations,
    registrations: () => store.size,
    upgradesOpen: () => upgrades.size,
  })
  server.on('upgrade', (request, socket, head) => upgrades.accept(request, socket, head))
  return upgrades
}

function handle(
  { metrics }: Parts,
  { node }: RelayNode,
  server: Server,
  upgrades: UpgradePipe,
  port: number,
): Relay {
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    const closed = close(server)
    await node.stop()
    upgrades.stop()
    await closed
    metrics.stop()
  }
  return {
    url: `http://localhost:${port}`,
    port,
    peerId: node.peerId.toString(),
    stop: () => (stopped ??= stop()),
  }
}

function selfOf({ node }: RelayNode): { peerId: string; addresses: string[] } {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

async function listen(server: Server, { host, port }: RelayOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new StartError('the server has no port')
  return address.port
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): StartError {
  const reasons: Record<string, string> = {
    EADDRINUSE: `port ${port} is in use: stop what uses it, or name another with --port`,
    EACCES: `port ${port} is not allowed for this account: name one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: name one with --host`,
    ENOTFOUND: `${host} is not an address of this machine: name one with --host`,
  }
  return new StartError(
    reasons[cause.code ?? ''] ?? `cannot listen on ${host} port ${port}: ${cause.message}`,
    {
      cause,
    },
  )
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await closed
}

/** What peers may tell each other: the given origins, or this machine's own addresses. */
function announcedAddresses({ publicOrigins }: RelayOptions, port: number): string[] {
  const given = publicOrigins.flatMap((url) => originOfUrl(url) ?? [])
  if (given.length > 0) return given.map(webSocketAddress)
  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => webSocketAddress({ host: address, port, isSecure: false }))
  return own.slice(0, 8)
}

/** Connections by UDP did not pass the HTTP port: the same limits, here. */
function admitDirect(connection: DirectConnection, limiter: AddressLimiter, metrics: Metrics): boolean {
  const [, , host = ''] = connection.remoteAddr.toString().split('/')
  const admitted = limiter.admit(addressGroup(host))
  if (typeof admitted === 'string') {
    metrics.refused(admitted)
    return false
  }
  connection.addEventListener('close', admitted)
  return true
}
