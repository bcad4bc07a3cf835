/**
 * The room: a link's secret turned into keys, admission of peers who know it, discovery, presence.
 * Features get a {@link Room} and speak with admitted members only.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import type { HandleOptions, MeshStream, OpenOptions, Path, StreamHandler } from '../mesh/index.ts'

/** A peer of the room that has proven the secret and shown its certificate. One person may have several. */
export interface Member {
  readonly peer: PeerId
  readonly account: AccountId
  /** Name the person chose, 1 to 64 characters, cleaned for display. Not unique, not verified. */
  readonly name: string
  /** `away` once the last link is gone and no goodbye came; removed ten minutes later. */
  readonly path: Path | 'away'
  readonly rttMs: number | undefined
  /** When the member was admitted, ms since the epoch. */
  readonly since: number
}

export interface RoomEvents {
  'member:joined': Member
  /** Name, path or round trip changed. */
  'member:changed': Member
  /** Said goodbye or stayed away too long. */
  'member:left': Member
  /** A peer was turned away; `reason` is the stable error name. */
  'peer:refused': { peer: PeerId; reason: string }
}

/** What features need of a room. */
export interface Room {
  readonly id: RoomId
  readonly self: { readonly peer: PeerId; readonly account: AccountId }
  readonly events: Events<RoomEvents>
  /** Our own display name now. */
  name(): string
  /** Present and away members, not ourselves. */
  members(): readonly Member[]
  member(peer: PeerId): Member | undefined
  /** Name last seen for an account (kept on disk), or undefined. */
  nameOf(account: AccountId): string | undefined

  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream>
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void

  /** Gossips `payload`, sealed with the room's message key, to all members on direct links. */
  publish(topic: string, payload: Uint8Array): Promise<void>
  /** Opened payloads of others. Sender is not authenticated by gossip: payloads carry their own signature. */
  subscribe(topic: string, listener: (payload: Bytes) => void): () => void
}
