/**
 * Calls of a room: ringing one person, and a call that anyone joins and leaves. A state machine without a screen, and the
 * port of the media engine that owns devices, streams and tracks.
 *
 * @packageDocumentation
 */
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import { RoomCalls } from './calls.ts'
import type { Want } from './adapt.ts'
import type { LinkQuality } from './quality.ts'
import type { CallMedia, LocalMedia, MediaEngine, SentMedia } from './media.ts'
import type { CallRequest } from './requests.ts'
import type { Reaction } from './reactions.ts'
import type { RingIntoOutcome } from './ring-into.ts'

/** Why a call is over for us; each has words in the interface. */
export type EndReason =
  'hung-up' | 'declined' | 'cancelled' | 'busy' | 'no-answer' | 'lost' | 'failed' | 'answered-elsewhere'

/** Another tab in our call, and how we are linked to it. */
export interface Participant {
  readonly peer: PeerId
  readonly account: AccountId
  /** `reconnecting`: its last picture stands still; `lost`: given up for now, tried again after a pause. */
  readonly link: 'connecting' | 'connected' | 'reconnecting' | 'lost'
  readonly sends: SentMedia
  readonly hand: boolean
  /** ms since the epoch by our clock, as far as it told us. */
  readonly joinedAt: number
}

/** `account` is whom we rang or who rang us; undefined in a call that was joined. */
export type CallState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'ringing-out'
      readonly call: CallId
      readonly account: AccountId
      readonly media: CallMedia
    }
  | {
      readonly kind: 'ringing-in'
      readonly call: CallId
      readonly account: AccountId
      readonly peer: PeerId
      readonly media: CallMedia
      /** Who is in the call that goes on besides the one who rings us into it; undefined in a call of two that begins. */
      readonly others: readonly AccountId[] | undefined
    }
  | {
      readonly kind: 'connecting'
      readonly call: CallId
      readonly account: AccountId | undefined
      readonly people: readonly Participant[]
    }
  | {
      readonly kind: 'live'
      readonly call: CallId
      readonly account: AccountId | undefined
      /** When it went live for us, ms since the epoch. */
      readonly since: number
      readonly people: readonly Participant[]
    }
  | {
      readonly kind: 'ended'
      readonly call: CallId
      readonly account: AccountId | undefined
      readonly reason: EndReason
      readonly durationMs: number
      /** Accounts that were in it while we were, ourselves not among them. */
      readonly met: readonly AccountId[]
    }

/** The call that goes on in the room, whether we are in it or not. */
export interface OngoingCall {
  readonly call: CallId
  /** When its first participant of now went in, ms since the epoch by our clock. */
  readonly since: number
  /** Each account once, in order of coming; ourselves among them when we are in. */
  readonly accounts: readonly AccountId[]
  readonly isIn: boolean
}

export interface CallEvents {
  'call:changed': { state: CallState }
  'media:changed': { local: LocalMedia }
  /** Who is in the room's call, for everybody in the room. */
  'ongoing:changed': { ongoing: OngoingCall | undefined }
  /** Whom we ring into our call has changed. */
  'rings:changed': { accounts: readonly AccountId[] }
  /** A ring into our call is over. */
  'ring:ended': { account: AccountId; outcome: RingIntoOutcome }
  /** Figures of all links were read anew. */
  'quality:changed': object
  /** Addresses are hidden from now on, or shown. */
  'relay-only:changed': { isOn: boolean }
  /** A participant asks us to mute ourselves, or to speak. Only we can do it. */
  'request:heard': { peer: PeerId; account: AccountId; what: CallRequest }
  /** A participant, or we ourselves, reacted. */
  'reaction:shown': { peer: PeerId; account: AccountId; emoji: Reaction }
}

export interface Calls {
  readonly events: Events<CallEvents>
  start(): Promise<void>
  stop(): Promise<void>
  state(): CallState
  local(): LocalMedia
  ongoing(): OngoingCall | undefined
  /** Rings every present tab of the account. Throws `AlreadyInCallError`, `NotReachableError`, `NoTurnServerError`. */
  ring(account: AccountId, media: CallMedia): Promise<void>
  /**
   * Rings every present tab of the account into the call we are in, which goes on meanwhile; once at a time, and not who is in it. Throws
   * `NotInCallError`, `CallFullError`, `NotReachableError`.
   */
  ringInto(account: AccountId): void
  /** Whom we ring into our call now. */
  ringingInto(): readonly AccountId[]
  /** Stops ringing this person into our call. */
  cancelRing(account: AccountId): void
  /** Takes the call that rings. Throws `NoTurnServerError`, `CallFullError`; it goes on ringing then. */
  accept(media: CallMedia): Promise<void>
  decline(): void
  /** Goes into the call of the room, or begins it. Throws `AlreadyInCallError`, `CallFullError`, `NoTurnServerError`. */
  join(media: CallMedia): Promise<void>
  /** Cancels an outgoing ring, hangs up, or leaves; a call of several goes on without us. */
  hangUp(): void
  /** Back to idle from `ended`. */
  dismiss(): void
  setMuted(muted: boolean): Promise<void>
  setCamera(on: boolean): Promise<void>
  setScreen(on: boolean): Promise<void>
  /** Takes another device, in this call or the next; an empty id is the system's choice. */
  useDevice(kind: 'microphone' | 'camera', device: string): Promise<void>
  setHand(up: boolean): void
  hand(): boolean
  /** Shows a reaction to everyone in the call. */
  react(emoji: Reaction): void
  /** Asks a participant, or all, to mute themselves or to speak. They may refuse, and are not told on. */
  ask(what: CallRequest, peer?: PeerId): void
  /** Asks a participant for as much of its camera as our screen has use for. */
  want(peer: PeerId, want: Want): void
  /** How well a participant comes through; undefined while there is nothing true to say. */
  qualityOf(peer: PeerId): LinkQuality | undefined
  /** Whether our address is hidden: media goes through the relay's TURN servers or not at all. */
  isRelayOnly(): boolean
  /**
   * Hides our address or shows it again; links that stand are made anew. Throws `NoTurnServerError`, and changes nothing, in
   * a call that could not go on hidden.
   */
  setRelayOnly(on: boolean): Promise<void>
  /** Whether a hidden call is possible now. */
  canRelay(): Promise<boolean>
  /** The network changed or the tab woke: links look for a new way. @param all also those that still work */
  restart(all: boolean): void
}

/** What calls need; `report` is told once, by the side that rang, how a call ended. */
export interface CallsComponents {
  readonly room: Room
  readonly media: MediaEngine
  readonly report: (ended: {
    readonly call: CallId
    readonly account: AccountId
    readonly reason: EndReason
    readonly durationMs: number
  }) => void
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
}

export function createCalls(components: CallsComponents): Calls {
  return new RoomCalls(components)
}

export {
  AlreadyInCallError,
  CallFullError,
  CandidateError,
  DescriptionError,
  FingerprintMismatchError,
  NotReachableError,
  NoTurnServerError,
} from './errors.ts'
export type {
  CallMedia,
  DeviceProblem,
  LinkMediaState,
  LocalMedia,
  LocalSession,
  MediaEngine,
  MediaLink,
  MediaSignal,
  SentMedia,
} from './media.ts'
export type { SendLimits, Want } from './adapt.ts'
export type {
  CallPath,
  Grade,
  HeardQuality,
  LinkQuality,
  LinkReport,
  SeenQuality,
  SendLimit,
} from './quality.ts'
export type { RingIntoOutcome } from './ring-into.ts'
export type { CallRequest } from './requests.ts'
export { reactions, type Reaction } from './reactions.ts'
export { orderPictures, orderSound, preferredPicture } from './codec-order.ts'
export { fingerprintsOf } from './signal-rules.ts'
