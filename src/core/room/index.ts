/**
 * The room: a link's secret turned into keys, admission of peers who know it, discovery, presence.
 * Features get a {@link Room} and speak with admitted members only.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Identity, VerifySignature } from '../identity/index.ts'
import type { HandleOptions, Mesh, MeshStream, OpenOptions, Path, StreamHandler } from '../mesh/index.ts'
import type { SettingsStore } from '../storage/index.ts'
import type { RoomLink } from './link.ts'
import { OpenSecretRoom } from './room.ts'

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
  /** The first look around is over (SPEC RO-12). */
  'room:looked': { readonly members: number }
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
  /** Whether the first look around goes on: until it is over nobody here does not mean that nobody is (SPEC RO-12). */
  isLooking(): boolean
  /** Name last seen for an account (kept on disk), or undefined. */
  nameOf(account: AccountId): string | undefined
  /**
   * The 32-byte key that things are sealed to for an account (ID-7), our own included; undefined for one that was never met
   * here, or with a build from before such keys only. Kept on disk.
   */
  agreementOf(account: AccountId): Bytes | undefined

  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream>
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void

  /** Gossips `payload`, sealed with the room's message key, to all members on direct links. */
  publish(topic: string, payload: Uint8Array): Promise<void>
  /** Opened payloads of others. Sender is not authenticated by gossip: payloads carry their own signature. */
  subscribe(topic: string, listener: (payload: Bytes) => void): () => void
}

/** The room as its owner, the peer, holds it. */
export interface RoomControl extends Room {
  /** Begins to look for members and to answer them. */
  start(): Promise<void>
  /** Leaves: closes the links to members and forgets their admission. Twice is fine. */
  stop(): Promise<void>
  setName(name: string): void
  /** Tells members that we go, in this very turn; best effort, for a page that is going away. */
  goodbye(): void
  /** Looks for members and relays at once. */
  wake(): void
}

export interface RoomComponents {
  readonly mesh: Mesh
  readonly identity: Identity
  readonly verify: VerifySignature
  readonly settings: SettingsStore
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

export interface RoomInit {
  readonly link: RoomLink
  readonly name: string
  readonly appVersion: string
}

export function createRoom(components: RoomComponents, init: RoomInit): RoomControl {
  return new OpenSecretRoom(components, init)
}

export { relayedPatienceMs } from './constants.ts'
export {
  LinkChecksumError,
  LinkFormatError,
  LinkLengthError,
  LinkMissingSecretError,
  LinkNotTesseraError,
  LinkTruncatedError,
  RateLimitError,
  ReplayedProofError,
  WrongSecretError,
} from './errors.ts'
export { ownLogSeal, roomIdOf } from './keys.ts'
