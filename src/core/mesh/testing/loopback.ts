import { Emitter } from '../../base/events.ts'
import type { PeerId } from '../../base/ids.ts'
import { DialError, NoLinkError, ProtocolUnsupportedError, RelayUnreachableError } from '../errors.ts'
import type {
  HandleOptions,
  Link,
  Mesh,
  MeshEvents,
  MeshStream,
  OpenOptions,
  Path,
  PeerAddress,
  RelayState,
  StreamHandler,
} from '../index.ts'
import { streamPair, type PairStream } from './stream-pair.ts'

/**
 * A network inside one process without libp2p: links, streams, guard, gossip and rendezvous by the same rules as the
 * real mesh, but nothing takes time. For unit tests of the rooms above.
 */
export class LoopbackNetwork {
  readonly #nodes = new Map<PeerId, LoopbackMesh>()
  readonly #registered = new Map<string, Set<PeerId>>()
  /** False makes dials through the relay, register and discover fail. */
  relayUp = true
  /** Pairs for which a direct link cannot be made (`a|b`, sorted). */
  readonly noDirect = new Set<string>()

  /** Adds a peer; `path` is what `connect` gives (`relayed` as in a browser, or `direct`). */
  peer(name: string, options: { firstPath?: Path } = {}): LoopbackMesh {
    const mesh = new LoopbackMesh(this, name as PeerId, options.firstPath ?? 'relayed')
    this.#nodes.set(mesh.self, mesh)
    return mesh
  }

  node(peer: PeerId): LoopbackMesh | undefined {
    const node = this.#nodes.get(peer)
    return node?.running === true ? node : undefined
  }

  /** Cuts every link between two peers, as when a network fails. */
  cut(a: LoopbackMesh, b: LoopbackMesh): void {
    a.dropLink(b.self)
    b.dropLink(a.self)
  }

  /** Takes the relay down or up and tells everyone. */
  setRelay(up: boolean): void {
    this.relayUp = up
    if (!up) this.#registered.clear()
    for (const node of this.#nodes.values()) if (node.running) node.relayChanged(up ? 'online' : 'offline')
  }

  register(namespace: string, peer: PeerId): void {
    const set = this.#registered.get(namespace) ?? new Set()
    set.add(peer)
    this.#registered.set(namespace, set)
  }

  registered(namespace: string): readonly PeerId[] {
    return [...(this.#registered.get(namespace) ?? [])].filter((peer) => this.node(peer) !== undefined)
  }
}

interface Handler {
  readonly run: StreamHandler
  readonly options: HandleOptions
}

/** One peer of a {@link LoopbackNetwork}. */
export class LoopbackMesh implements Mesh {
  readonly self: PeerId
  readonly events = new Emitter<MeshEvents>()
  readonly #network: LoopbackNetwork
  readonly #firstPath: Path
  readonly #links = new Map<PeerId, Link>()
  readonly #handlers = new Map<string, Handler>()
  readonly #topics = new Map<string, Set<(payload: Uint8Array<ArrayBuffer>, from: PeerId) => void>>()
  readonly #admitted = new Set<PeerId>()
  readonly #streams = new Map<PeerId, Set<PairStream>>()
  running = false

  constructor(network: LoopbackNetwork, self: PeerId, firstPath: Path) {
    this.#network = network
    this.self = self
    this.#firstPath = firstPath
  }

  async start(): Promise<void> {
    await Promise.resolve()
    this.running = true
    this.relayChanged(this.relayState())
  }

  async stop(): Promise<void> {
    await Promise.resolve()
    for (const peer of [...this.#links.keys()]) {
      this.#network.node(peer)?.dropLink(this.self)
      this.dropLink(peer)
    }
    this.running = false
  }

  addresses(): readonly string[] {
    return this.#network.relayUp ? [`/memory/${this.self}`] : []
  }
  relayState(): RelayState {
    return this.#network.relayUp ? 'online' : 'offline'
  }
  relayChanged(state: RelayState): void {
    this.events.emit('relay:changed', { state })
  }
  wake(): void {}
  reachRelays(addresses: readonly string[]): Promise<void> {
    return this.#network.relayUp || addresses.length === 0
      ? Promise.resolve()
      : Promise.reject(new RelayUnreachableError('the relay is down'))
  }

  link(peer: PeerId): Link | undefined {
    return this.#links.get(peer)
  }
  links(): readonly Link[] {
    return [...this.#links.values()]
  }

  async connect(target: PeerAddress): Promise<Link> {
    await Promise.resolve()
    const existing = this.#links.get(target.peer)
    if (existing !== undefined) return existing
    const other = this.#network.node(target.peer)
    if (other === undefined || (this.#firstPath === 'relayed' && !this.#network.relayUp)) {
      throw new DialError(`could not reach ${target.peer}`)
    }
    return this.#join(other, this.#firstPath)
  }

  async connectDirect(target: PeerAddress): Promise<Link> {
    await Promise.resolve()
    if (!this.isAdmitted(target.peer)) throw new DialError('peer is not admitted')
    const other = this.#network.node(target.peer)
    const pair = [this.self, target.peer].sort().join('|')
    if (other?.isAdmitted(this.self) !== true || this.#network.noDirect.has(pair)) {
      throw new DialError(`no direct way to ${target.peer}`)
    }
    return this.#join(other, 'direct')
  }

  #join(other: LoopbackMesh, path: Path): Link {
    other.setLink({ peer: this.self, path, rttMs: 1 })
    return this.setLink({ peer: other.self, path, rttMs: 1 })
  }

  setLink(link: Link): Link {
    const known = this.#links.has(link.peer)
    this.#links.set(link.peer, link)
    this.events.emit(known ? 'link:changed' : 'link:opened', link)
    return link
  }

  dropLink(peer: PeerId): void {
    if (!this.#links.delete(peer)) return
    for (const stream of this.#streams.get(peer) ?? []) stream.abort(new Error('link lost'))
    this.#streams.delete(peer)
    this.events.emit('link:closed', { peer })
  }

  async disconnect(peer: PeerId): Promise<void> {
    await Promise.resolve()
    this.#network.node(peer)?.dropLink(this.self)
    this.dropLink(peer)
  }

  isRelayOnly = false
  setRelayOnly(on: boolean): void {
    this.isRelayOnly = on
  }

  async openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    await Promise.resolve()
    const link = this.#links.get(peer)
    const other = this.#network.node(peer)
    if (
      link === undefined ||
      other === undefined ||
      (link.path === 'relayed' && options.overRelay !== true)
    ) {
      throw new NoLinkError(`no fitting link to ${peer}`)
    }
    const theirs = other.answer(this.self, protocol, link.path)
    const [left, right] = streamPair(
      { peer, maxFrameBytes: options.maxFrameBytes },
      { peer: this.self, maxFrameBytes: theirs.options.maxFrameBytes },
      protocol,
      link.path,
    )
    this.#own(peer, left)
    other.accept(this.self, right, theirs.run)
    return left
  }

  /** The handler that would answer; throws like a failed protocol negotiation. */
  answer(from: PeerId, protocol: string, path: Path): Handler {
    const handler = this.#handlers.get(protocol)
    const allowed =
      handler !== undefined &&
      (handler.options.beforeAdmission === true || this.isAdmitted(from)) &&
      (path === 'direct' || handler.options.overRelay === true)
    if (!allowed) throw new ProtocolUnsupportedError(`${protocol} is not answered`)
    return handler
  }

  accept(from: PeerId, stream: PairStream, run: StreamHandler): void {
    this.#own(from, stream)
    run(stream).catch((error: unknown) => {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    })
  }

  #own(peer: PeerId, stream: PairStream): void {
    const set = this.#streams.get(peer) ?? new Set()
    set.add(stream)
    this.#streams.set(peer, set)
    stream.signal.addEventListener('abort', () => set.delete(stream), { once: true })
  }

  handle(protocol: string, run: StreamHandler, options: HandleOptions): () => void {
    this.#handlers.set(protocol, { run, options })
    return () => void this.#handlers.delete(protocol)
  }

  setAdmitted(peer: PeerId, admitted: boolean): void {
    if (admitted) this.#admitted.add(peer)
    else this.#admitted.delete(peer)
  }
  isAdmitted(peer: PeerId): boolean {
    return this.#admitted.has(peer)
  }

  /** Floods over direct links between peers that admitted each other, each peer once. */
  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await Promise.resolve()
    const seen = new Set<PeerId>([this.self])
    const queue: LoopbackMesh[] = [this]
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      for (const link of node.links()) {
        const other = this.#network.node(link.peer)
        if (other === undefined || seen.has(link.peer) || link.path !== 'direct') continue
        if (!other.isAdmitted(node.self) || !node.isAdmitted(other.self)) continue
        seen.add(link.peer)
        queue.push(other)
        other.hear(topic, new Uint8Array(payload), node.self)
      }
    }
  }

  hear(topic: string, payload: Uint8Array<ArrayBuffer>, from: PeerId): void {
    for (const listener of this.#topics.get(topic) ?? []) queueMicrotask(() => listener(payload, from))
  }

  subscribe(topic: string, listener: (payload: Uint8Array<ArrayBuffer>, from: PeerId) => void): () => void {
    const set = this.#topics.get(topic) ?? new Set()
    set.add(listener)
    this.#topics.set(topic, set)
    return () => void set.delete(listener)
  }

  async register(namespace: string): Promise<void> {
    await Promise.resolve()
    if (!this.#network.relayUp) throw new RelayUnreachableError('the relay does not answer')
    this.#network.register(namespace, this.self)
  }

  async discover(namespace: string): Promise<readonly PeerAddress[]> {
    await Promise.resolve()
    if (!this.#network.relayUp) throw new RelayUnreachableError('the relay does not answer')
    return this.#network
      .registered(namespace)
      .filter((peer) => peer !== this.self)
      .map((peer) => ({ peer, addresses: [`/memory/${peer}`] }))
  }
}
