/**
 * The mesh: this tab's or process's links to other peers, behind a port.
 *
 * Features never see libp2p. They see peers, streams of bounded frames, and gossip topics; adapters in
 * `src/platform/*` and `testing/` supply the transports. A link that exists says nothing about trust: until the
 * room has admitted a peer, only protocols handled with `beforeAdmission: true` answer it.
 *
 * @packageDocumentation
 */
import type { Events } from '../base/events.ts'
import type { PeerId } from '../base/ids.ts'

/** How bytes reach a peer: over WebRTC or memory directly, or through a circuit relay (limited in bytes and time). */
export type Path = 'direct' | 'relayed'

/** One live link to a peer. A peer may have both a relayed and a direct link; `link` reports the best one. */
export interface Link {
  readonly peer: PeerId
  readonly path: Path
  /** Last measured round trip in ms; undefined until measured. */
  readonly rttMs: number | undefined
}

/** Whether the relays are reachable: `starting` before the first answer, `offline` when none is. */
export type RelayState = 'starting' | 'online' | 'offline'

export interface MeshEvents {
  /** The first link to a peer is up. */
  'link:opened': Link
  /** A direct link replaced a relayed one, or was lost while the relayed one stays. */
  'link:changed': Link
  /** The last link to a peer is gone. */
  'link:closed': { peer: PeerId }
  'relay:changed': { state: RelayState }
}

/** A two-way stream of frames on one protocol with one peer. */
export interface MeshStream {
  readonly peer: PeerId
  readonly protocol: string
  readonly path: Path
  /**
   * Sends one frame; resolves when the transport has room for more (sender back-pressure). Frames sent in one turn travel together.
   * Throws `StreamClosedError` when the stream is over. The caller must not change `frame` until it resolves.
   */
  send(frame: Uint8Array): Promise<void>
  /**
   * The next frame, or undefined when the other end has closed its writing side in order.
   * Frames are owned by the caller. Throws `InvalidMessageError` when a frame is longer than the protocol's bound,
   * `StreamClosedError` when the stream broke, `AbortError` on `signal`.
   */
  receive(options?: { signal?: AbortSignal }): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Bytes that have come so far, those of a frame that is not whole yet included: whether the other end still moves. */
  readonly receivedBytes: number
  /** Ends our writing side after all sent frames have left. Twice is fine. */
  close(): Promise<void>
  /** Ends both sides at once because of `error`. Twice is fine. */
  abort(error: Error): void
  /** Fires when the stream is over, in order or not. */
  readonly signal: AbortSignal
}

export interface HandleOptions {
  /** Longest frame accepted, in bytes. Longer ones end the stream with `InvalidMessageError`. */
  readonly maxFrameBytes: number
  /** Also answer over a relayed (limited) link. Only for signalling-sized protocols. Default false. */
  readonly overRelay?: boolean
  /** Also answer peers the room has not admitted. Only the room handshake does. Default false. */
  readonly beforeAdmission?: boolean
}

export interface OpenOptions {
  readonly maxFrameBytes: number
  readonly overRelay?: boolean
  /** Over a direct connection of its own, made for it beside the link and ended with it (SPEC ME-15). Default false. */
  readonly ownLine?: boolean
  readonly signal?: AbortSignal
}

export type StreamHandler = (stream: MeshStream) => Promise<void>

/** Where a peer can be dialled: its id and textual multiaddrs. */
export interface PeerAddress {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

export interface Mesh {
  readonly self: PeerId
  readonly events: Events<MeshEvents>
  start(): Promise<void>
  /** Closes every link in order. Twice is fine. */
  stop(): Promise<void>

  /** Multiaddrs by which others can reach us now. */
  addresses(): readonly string[]
  relayState(): RelayState
  /** Tries the relays now instead of after the back-off: called on `online` and when a tab becomes visible. */
  wake(): void
  /** Wants one of these relays besides the own ones from now on. Throws `RelayUnreachableError` when none answers now; trying goes on. */
  reachRelays(addresses: readonly string[]): Promise<void>

  /** The best link to a peer, if any. */
  link(peer: PeerId): Link | undefined
  links(): readonly Link[]
  /**
   * Makes sure some link to the peer exists (usually relayed), retrying with jitter.
   * Throws `DialError` with what was tried.
   */
  connect(target: PeerAddress, options?: { signal?: AbortSignal }): Promise<Link>
  /**
   * Upgrades to a direct link. The peer must be admitted, since this shows it our ICE candidates.
   * Throws `DialError`; the relayed link stays.
   */
  connectDirect(target: PeerAddress, options?: { signal?: AbortSignal }): Promise<Link>
  disconnect(peer: PeerId): Promise<void>
  /**
   * Whether direct links may go through TURN servers only, so that no member learns our address (SPEC ME-9). Switching it on closes
   * those that stand. Without a TURN server every {@link connectDirect} fails while it is on.
   */
  setRelayOnly(on: boolean): void

  /**
   * Opens a stream over the best link. Throws `NoLinkError`, `ProtocolUnsupportedError` or `StreamClosedError`; where the protocol was taken as granted (SPEC ME-14), the first
   * `receive` does.
   */
  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream>
  /** Answers a protocol until the returned function is called. A handler that throws aborts its stream. */
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void

  /** Marks a peer as admitted or not: opens or shuts WebRTC signalling, gossip and guarded protocols. */
  setAdmitted(peer: PeerId, admitted: boolean): void
  isAdmitted(peer: PeerId): boolean

  /** Gossip over direct links to admitted peers. Best effort; payloads are opaque here and must be sealed. */
  publish(topic: string, payload: Uint8Array): Promise<void>
  subscribe(topic: string, listener: (payload: Uint8Array<ArrayBuffer>, from: PeerId) => void): () => void

  /** Rendezvous through the relays; both throw `RelayUnreachableError` when none answers. */
  register(namespace: string, options: { ttlMs: number; signal?: AbortSignal }): Promise<void>
  discover(namespace: string, options?: { signal?: AbortSignal }): Promise<readonly PeerAddress[]>
}

export { relayCandidate, turnOnly, type IceServer } from './ice.ts'
export {
  DialError,
  NoLinkError,
  ProtocolUnsupportedError,
  RelayUnreachableError,
  StreamClosedError,
} from './errors.ts'
