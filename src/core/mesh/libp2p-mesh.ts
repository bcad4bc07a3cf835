import type { Connection, Libp2p, PeerId as Libp2pPeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { Emitter } from '../base/events.ts'
import type { PeerId } from '../base/ids.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { signalWithin } from '../base/wait.ts'
import {
  lookPatienceMs,
  pingIntervalMs,
  probeTimeoutMs,
  relayedGraceMs,
  reservationTimeoutMs,
} from './constants.ts'
import { Dialer } from './dialer.ts'
import { DialError, NoLinkError } from './errors.ts'
import { Gossip } from './gossip.ts'
import { Handshakes, type HandshakeStream } from './handshakes.ts'
import type {
  HandleOptions,
  Link,
  Mesh,
  MeshEvents,
  MeshStream,
  OpenOptions,
  PeerAddress,
  RelayState,
  StreamHandler,
} from './index.ts'
import { bestOf, linkOf, pathOf } from './link-table.ts'
import { isAnswering } from './probe.ts'
import { RelayKeeper } from './relay-keeper.ts'
import { RelayLinks } from './relay-links.ts'
import { Streams } from './streams.ts'

/** How a mesh asks relays who is there; the wire protocol is the adapter's choice. */
export interface RendezvousPort {
  register(
    node: Libp2p,
    relay: Libp2pPeerId,
    namespace: string,
    ttlMs: number,
    signal: AbortSignal,
  ): Promise<void>
  discover(
    node: Libp2p,
    relay: Libp2pPeerId,
    namespace: string,
    signal: AbortSignal,
  ): Promise<readonly PeerAddress[]>
}

/** What the node asks of the mesh: before it shows an address of ours, and of whom it needs to know more. */
export interface MeshGate {
  isAdmitted(peer: string): boolean
  isRelayOnly(): boolean
  isRelay(peer: string): boolean
  /** Told of each direct link that a peer begins to make, with the stream it is agreed on. */
  began(peer: string, stream: HandshakeStream): void
  /** Resolves when a relay may be asked to let others reach us through it. */
  mayReserve(): Promise<void>
}

export interface Libp2pMeshInit {
  /** Makes the node, not started. The gate must be wired to the WebRTC transport; `isAdmitted` answers it. */
  readonly createNode: (gate: MeshGate) => Promise<Libp2p>
  /** Whether there is a TURN server through which a direct link can go; yes when left out. */
  readonly hasTurn?: () => boolean
  readonly self: PeerId
  /** Multiaddrs of relays, each ending in `/p2p/<id>`, asked again before every try. */
  readonly relays: () => Promise<readonly string[]>
  /** Told of each relay address before it is dialled. */
  readonly onRelay?: (address: string) => void
  readonly rendezvous: RendezvousPort
  /** Whether dialling a peer through a relay is how links begin (a browser), or its own addresses (memory, tests). */
  readonly dialsThroughRelay: boolean
  /** Gives the event loop a turn between the heavy steps of a start; none when left out. */
  readonly breathe?: (() => Promise<void>) | undefined
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

/** {@link Mesh} over one libp2p node; transports are the adapter's. See SPEC.md. */
export class Libp2pMesh implements Mesh {
  readonly self: PeerId
  readonly events = new Emitter<MeshEvents>()
  readonly #init: Libp2pMeshInit
  readonly #gossip: Gossip
  readonly #keeper: RelayKeeper
  readonly #admitted = new Set<PeerId>()
  readonly #relays: RelayLinks
  readonly #shown = new Map<PeerId, Link>()
  readonly #streams: Streams
  readonly #dialer: Dialer
  #node: Libp2p | undefined
  #relayState: RelayState = 'starting'
  #looked: () => void = () => undefined
  /** Whoever arrives reaches for those who are there; only then does it see to being reached, which takes as much work again (SPEC ME-12). */
  readonly #hasLooked = new Promise<void>((resolve) => (this.#looked = resolve))
  #isRelayOnly = false
  readonly #handshakes: Handshakes
  #stopped = false
  #cancelTick: () => void = () => undefined

  constructor(init: Libp2pMeshInit) {
    this.#init = init
    this.self = init.self
    this.#handshakes = new Handshakes(init.clock)
    this.#relays = new RelayLinks({
      node: () => this.#node,
      addresses: init.relays,
      onDial: (address) => init.onRelay?.(address),
      clock: init.clock,
      logger: init.logger,
    })
    this.#streams = new Streams({
      node: () => this.#node,
      connections: (peer) => this.#connections(peer),
      dialAnother: (peer, signal) => this.#directly(peer, () => this.#dialer.another(peer, signal)),
      isAdmitted: (peer) => this.#admitted.has(peer),
      clock: init.clock,
      logger: init.logger,
    })
    this.#dialer = new Dialer({
      node: () => this.#need(),
      connections: (peer) => this.#connections(peer),
      relays: () => this.#relays.connections(),
      isThroughRelay: init.dialsThroughRelay,
      clock: init.clock,
      random: init.random,
      logger: init.logger,
    })
    this.#gossip = new Gossip(this)
    this.#keeper = new RelayKeeper({
      clock: init.clock,
      random: init.random,
      isConnected: () => this.#relays.hasAll(),
      tryRelays: () => this.#relays.tryAll(),
      onState: () => this.#setRelayState(this.#relays.connections().length > 0 ? 'online' : 'offline'),
    })
  }

  async start(): Promise<void> {
    if (this.#node !== undefined) return
    const node = await this.#init.createNode({
      isAdmitted: (peer) => this.#admitted.has(peer as PeerId),
      isRelayOnly: () => this.#isRelayOnly,
      isRelay: (peer) => this.#relays.has(peer),
      began: (peer, stream) => this.#handshakes.begin(peer, stream, !this.#isRelayOnly),
      mayReserve: () => this.#hasLooked,
    })
    this.#node = node
    await this.#init.breathe?.()
    node.addEventListener('connection:open', ({ detail }) => this.#opened(detail))
    node.addEventListener('connection:close', ({ detail }) => this.#closed(detail))
    await this.#streams.start(node)
    this.#gossip.start()
    await this.#init.breathe?.()
    await node.start()
    await this.#init.breathe?.()
    this.#keeper.start()
    this.#tick()
    await this.#init.breathe?.()
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#cancelTick()
    this.#keeper.stop()
    this.#gossip.stop()
    await this.#node?.stop()
  }

  addresses(): readonly string[] {
    return this.#node?.getMultiaddrs().map(String) ?? []
  }
  relayState(): RelayState {
    return this.#relayState
  }
  wake(): void {
    this.#keeper.wake()
    void this.#giveUpDead(this.#node?.getConnections() ?? [])
  }

  /** Ends connections that lead nowhere any more (SPEC ME-10). */
  async #giveUpDead(connections: readonly Connection[]): Promise<void> {
    const found = await Promise.all(
      connections.map(async (connection) => {
        if (await isAnswering(connection, patienceWith(connection))) return false
        connection.abort(new DialError('the other end does not answer any more'))
        return this.#relays.has(idOf(connection))
      }),
    )
    if (found.includes(true)) this.#keeper.wake()
  }
  reachRelays(addresses: readonly string[]): Promise<void> {
    return this.#relays.reach(addresses)
  }

  link(peer: PeerId): Link | undefined {
    const best = bestOf(this.#connections(peer))
    return best === undefined ? undefined : linkOf(best)
  }
  links(): readonly Link[] {
    return [...this.#shown.keys()].flatMap((peer) => this.link(peer) ?? [])
  }

  async connect(target: PeerAddress, options: { signal?: AbortSignal } = {}): Promise<Link> {
    const known = this.link(target.peer)
    if (known !== undefined) return known
    return this.#dialer.relayed(target, options.signal)
  }

  async connectDirect(target: PeerAddress, options: { signal?: AbortSignal } = {}): Promise<Link> {
    const known = this.link(target.peer)
    if (known?.path === 'direct') return known
    return this.#directly(target.peer, () => this.#dialer.direct(target, options.signal))
  }

  /** Runs a dial that shows a peer our address, or only that of a TURN server (SPEC ME-9). */
  async #directly<T>(peer: PeerId, dial: () => Promise<T>): Promise<T> {
    if (!this.#admitted.has(peer)) throw new DialError('the peer is not admitted')
    const isHidden = this.#isRelayOnly
    if (isHidden && this.#init.hasTurn?.() === false) throw new DialError('no TURN server to hide behind')
    const made = await dial()
    if (isHidden || !this.#isRelayOnly) return made
    this.#closeDirect(peer)
    throw new DialError('addresses were hidden meanwhile')
  }

  setRelayOnly(on: boolean): void {
    if (this.#isRelayOnly === on) return
    this.#isRelayOnly = on
    if (!on) return
    this.#handshakes.hide()
    for (const peer of this.#shown.keys()) this.#closeDirect(peer)
  }

  #closeDirect(peer: PeerId): void {
    for (const connection of this.#connections(peer)) if (pathOf(connection) === 'direct') hide(connection)
  }

  async disconnect(peer: PeerId): Promise<void> {
    await Promise.all(this.#connections(peer).map((connection) => connection.close().catch(() => undefined)))
  }

  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    return this.#streams.open(peer, protocol, options)
  }
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void {
    return this.#streams.handle(protocol, handler, options)
  }

  setAdmitted(peer: PeerId, admitted: boolean): void {
    if (admitted) this.#admitted.add(peer)
    else this.#admitted.delete(peer)
    if (!admitted) this.#gossip.forget(peer)
  }
  isAdmitted(peer: PeerId): boolean {
    return this.#admitted.has(peer)
  }

  publish(topic: string, payload: Uint8Array): Promise<void> {
    return this.#gossip.publish(topic, payload)
  }
  subscribe(topic: string, listener: (payload: Bytes, from: PeerId) => void): () => void {
    return this.#gossip.subscribe(topic, listener)
  }

  async register(
    namespace: string,
    { ttlMs, signal }: { ttlMs: number; signal?: AbortSignal },
  ): Promise<void> {
    if (this.#init.dialsThroughRelay) await this.#relays.reserved(signal)
    const wait = signalWithin(reservationTimeoutMs, signal)
    await this.#relays.ask((relay) =>
      this.#init.rendezvous.register(this.#need(), relay.remotePeer, namespace, ttlMs, wait),
    )
  }

  async discover(
    namespace: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<readonly PeerAddress[]> {
    // Whoever asks at the start is answered as soon as there is a relay, not at the next try.
    await this.#relays.connected(signal)
    const wait = signalWithin(reservationTimeoutMs, signal)
    const answers = await this.#relays.ask((relay) =>
      this.#init.rendezvous.discover(this.#need(), relay.remotePeer, namespace, wait),
    )
    const byPeer = new Map(answers.flat().map((found) => [found.peer, found]))
    byPeer.delete(this.self)
    if (byPeer.size === 0) this.#looked()
    return [...byPeer.values()]
  }

  #setRelayState(state: RelayState): void {
    if (state === this.#relayState) return
    this.#relayState = state
    this.events.emit('relay:changed', { state })
  }

  #opened(connection: Connection): void {
    const peer = idOf(connection)
    if (this.#relays.has(peer)) {
      this.#setRelayState('online')
      this.#init.clock.after(lookPatienceMs, this.#looked)
    } else if (this.#isStale(connection)) return hide(connection)
    else this.#refresh(peer)
    if (pathOf(connection) === 'direct') {
      if (!this.#relays.has(peer)) this.#looked()
      this.#retireRelayed(peer)
    }
    // Whoever comes by the relay while a direct link stands has lost that link.
    else void this.#giveUpDead(this.#connections(peer).filter((one) => one !== connection))
  }

  /** Made by another with what we said before addresses were hidden: whoever dialled tries again. */
  #isStale(connection: Connection): boolean {
    if (connection.direction !== 'inbound' || pathOf(connection) !== 'direct') return false
    return this.#handshakes.made(idOf(connection)) && this.#isRelayOnly
  }

  #closed(connection: Connection): void {
    const peer = idOf(connection)
    if (this.#relays.has(peer)) this.#keeper.lost()
    else this.#refresh(peer)
  }

  /** Closes the relayed link once a direct one has stood for a while. */
  #retireRelayed(peer: PeerId): void {
    this.#init.clock.after(relayedGraceMs, () => {
      if (this.link(peer)?.path !== 'direct' || this.#relays.has(peer)) return
      for (const connection of this.#connections(peer)) {
        if (pathOf(connection) === 'relayed') void connection.close().catch(() => undefined) // gone is what we want
      }
    })
  }

  #refresh(peer: PeerId): void {
    const before = this.#shown.get(peer)
    const now = this.link(peer)
    if (now === undefined) {
      if (before === undefined) return
      this.#shown.delete(peer)
      this.#gossip.forget(peer)
      this.events.emit('link:closed', { peer })
      return
    }
    this.#shown.set(peer, now)
    if (before === undefined) this.events.emit('link:opened', now)
    else if (before.path !== now.path || before.rttMs !== now.rttMs) {
      if (before.path !== now.path) this.#gossip.forget(peer)
      this.events.emit('link:changed', now)
    }
  }

  /** Round trips change without an event of their own. */
  #tick(): void {
    for (const peer of [...this.#shown.keys()]) this.#refresh(peer)
    this.#cancelTick = this.#init.clock.after(pingIntervalMs, () => this.#tick())
  }

  #connections(peer: PeerId): readonly Connection[] {
    return this.#node?.getConnections(peerIdFromString(peer)) ?? []
  }

  #need(): Libp2p {
    if (this.#node === undefined) throw new NoLinkError('the mesh is not started')
    return this.#node
  }
}

/** How long a connection may take to answer a probe, ms. */
function patienceWith({ rtt }: Connection): number {
  if (rtt === undefined) return probeTimeoutMs.unmeasured
  return Math.min(probeTimeoutMs.most, Math.max(probeTimeoutMs.least, 3 * rtt))
}

/** At once: an orderly end would go on sending for a while. */
function hide(connection: Connection): void {
  connection.abort(new DialError('addresses are hidden now'))
}

function idOf(connection: Connection): PeerId {
  return connection.remotePeer.toString() as PeerId // libp2p's own text form
}
