/**
 * The one place that puts the parts together: stores, identity, mesh, and per open room its features.
 *
 * @packageDocumentation
 */
import type { Clock, RandomBytes } from './base/clock.ts'
import { TesseraError } from './base/errors.ts'
import type { Events } from './base/events.ts'
import type { AccountId, PeerId, RoomId } from './base/ids.ts'
import type { Logger } from './base/logger.ts'
import type { Calls, MediaEngine } from './calls/index.ts'
import type { CesEngine } from './ces/index.ts'
import type { Chat } from './chat/index.ts'
import type { Files } from './files/index.ts'
import type { Identity, VerifySignature } from './identity/index.ts'
import type { Mesh, RelayState } from './mesh/index.ts'
import { TesseraPeer } from './peer/tessera-peer.ts'
import type { Room } from './room/index.ts'
import type { RoomLink } from './room/link.ts'
import type { Stores } from './storage/index.ts'

/** A room this profile has been in, as kept on disk. */
export interface KnownRoom {
  readonly id: RoomId
  readonly link: RoomLink
  /** Name given on this device only; shown instead of the short id. */
  readonly label: string | undefined
  /** ms since the epoch. */
  readonly lastVisitAt: number
}

/** One open room with its features, started. */
export interface RoomSession {
  readonly link: RoomLink
  readonly room: Room
  readonly chat: Chat
  readonly files: Files
  readonly calls: Calls
  /**
   * Hides our address from the members of this room, or shows it again: calls and direct links go through the relay's TURN servers
   * only. Kept with the room on this device; `calls.isRelayOnly()` is how it stands. Throws `NoTurnServerError` and changes nothing in a call that
   * could not go on.
   */
  setRelayOnly(on: boolean): Promise<void>
}

/**
 * What becomes of what is stored: `kept` on this device; `memory` only until the page is closed, since the browser gives no
 * storage; `lost` when it was removed, or taken over by a newer version, under a running page: load the page again; `damaged` when the
 * platform found what was stored damaged and began with nothing, until the person knows: what is stored since is kept.
 */
export type StorageState = 'kept' | 'memory' | 'lost' | 'damaged'

export interface PeerEvents {
  'relay:changed': { state: RelayState }
  'storage:changed': { state: StorageState }
  'name:changed': { name: string }
  'rooms:changed': { rooms: readonly KnownRoom[] }
}

/** This tab or process: the one place that holds the parts together. */
export interface Peer {
  readonly events: Events<PeerEvents>
  readonly account: AccountId
  readonly id: PeerId
  /** Opens storage and identity and begins to reach the relays; works with none of them reachable. */
  start(): Promise<void>
  /** Says goodbye to the room, stops every part in reverse order. Twice is fine. */
  stop(): Promise<void>
  relayState(): RelayState
  storageState(): StorageState
  /** The person knows that what was stored is gone: no page tells of it any more. */
  acknowledgeDamage(): Promise<void>
  name(): string
  /** 1 to 64 characters after trimming. Throws `InvalidNameError`. */
  setName(name: string): Promise<void>
  rooms(): readonly KnownRoom[]
  /** A link to a fresh room with a random secret; the room exists once somebody enters it. */
  newRoom(): RoomLink
  /**
   * Enters a room, leaving the one that is open. History is readable at once, also offline. Throws `ForeignRelayError` for a
   * new room whose own relays do not answer; the open room stays open then.
   */
  enter(link: RoomLink): Promise<RoomSession>
  session(): RoomSession | undefined
  /** Closes the open room, having given to others what only this device holds, as far as five seconds suffice. */
  leave(): Promise<void>
  /** Removes a room with its history and shards from this device. */
  forget(room: RoomId): Promise<void>
  labelRoom(room: RoomId, label: string): Promise<void>
  /** Say goodbye as the page goes away: synchronous, best effort. */
  goodbye(): void
  /** Try relays and members now: `online`, tab visible again. */
  wake(): void
}

/** What the platform (browser tab, Node process, test) gives. */
export interface PeerPlatform {
  /** Stores, and whether they outlive the process. @param onLost called once when they are gone under a running peer */
  openStores(onLost: () => void): Promise<{ readonly stores: Stores; readonly isKept: boolean }>
  /** Loads or creates the account and claims a tab slot, after the stores; `release` gives the slot back. */
  openIdentity(): Promise<{ readonly identity: Identity; release(): void }>
  /** @param relays addresses to keep a reservation with, asked again before each try */
  createMesh(identity: Identity, relays: () => readonly string[]): Mesh
  createEngine(): CesEngine
  readonly media: MediaEngine
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly appVersion: string
}

/** Thrown when a display name is empty or longer than 64 characters. */
export class InvalidNameError extends TesseraError {
  override name = 'InvalidNameError'
}

/** Thrown when a link to a new room names relays of its own and none of them can be reached from here. */
export class ForeignRelayError extends TesseraError {
  override name = 'ForeignRelayError'
}

export function createPeer(platform: PeerPlatform): Peer {
  return new TesseraPeer(platform)
}
