/**
 * One-to-one calls: a state machine without a screen, and the port of the media engine that owns streams and tracks.
 *
 * @packageDocumentation
 */
import type { Clock, RandomBytes } from '../base/clock.ts'
import type { Events } from '../base/events.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import { OneToOneCalls } from './calls.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'

export type CallMedia = { readonly audio: boolean; readonly video: boolean }

/** Why a call is over; each has words in the interface. */
export type EndReason =
  'hung-up' | 'declined' | 'cancelled' | 'busy' | 'no-answer' | 'lost' | 'failed' | 'answered-elsewhere'

/** Why a camera or microphone is not in use. */
export type DeviceProblem = 'missing' | 'refused' | 'in-use' | 'unavailable'

export interface LocalMedia {
  readonly microphone: 'on' | 'muted' | DeviceProblem
  readonly camera: 'on' | 'off' | DeviceProblem
}

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
    }
  | { readonly kind: 'connecting'; readonly call: CallId; readonly account: AccountId; readonly peer: PeerId }
  | {
      readonly kind: 'live'
      readonly call: CallId
      readonly account: AccountId
      readonly peer: PeerId
      readonly since: number
      readonly reconnecting: boolean
      readonly remote: CallMedia
    }
  | {
      readonly kind: 'ended'
      readonly call: CallId
      readonly account: AccountId
      readonly reason: EndReason
      readonly durationMs: number
    }

export interface CallEvents {
  'call:changed': { state: CallState }
  'media:changed': { local: LocalMedia }
}

export interface Calls {
  readonly events: Events<CallEvents>
  start(): Promise<void>
  stop(): Promise<void>
  state(): CallState
  local(): LocalMedia
  /** Rings every present tab of the account. Throws `AlreadyInCallError`, `NotReachableError`. */
  ring(account: AccountId, media: CallMedia): Promise<void>
  accept(media: CallMedia): Promise<void>
  decline(): void
  /** Cancels an outgoing ring or hangs up. */
  hangUp(): void
  /** Back to idle from `ended`. */
  dismiss(): void
  setMuted(muted: boolean): Promise<void>
  setCamera(on: boolean): Promise<void>
}

/** One link's media, made by the engine for one call. */
export interface MediaSession {
  /** Signals to carry to the other side, in order. */
  onSignal(listener: (signal: MediaSignal) => void): void
  /** Feeds a signal from the other side. Throws `ProtocolError` or `FingerprintMismatchError`. */
  signal(signal: MediaSignal): Promise<void>
  onState(listener: (state: 'connecting' | 'connected' | 'disconnected' | 'failed') => void): void
  /** Which kinds the other side sends now. */
  onRemote(listener: (remote: CallMedia) => void): void
  setMuted(muted: boolean): Promise<LocalMedia>
  setCamera(on: boolean): Promise<LocalMedia>
  close(): void
}

export type MediaSignal =
  | { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly kind: 'candidate'
      readonly candidate: string
      readonly mid: string
      readonly line: number
      readonly ufrag: string
    }
  | { readonly kind: 'media'; readonly audio: boolean; readonly video: boolean }

/** Owns RTCPeerConnection, tracks and streams; lives in the browser adapter. The page reads its streams by call id. */
export interface MediaEngine {
  /**
   * Opens devices as wanted (a missing or refused one leaves the call going without it) and makes a session.
   * @param polite gives way when both sides offer at once (perfect negotiation)
   */
  open(
    call: CallId,
    options: { wanted: CallMedia; polite: boolean },
  ): Promise<{ session: MediaSession; local: LocalMedia }>
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
  return new OneToOneCalls(components)
}

export { AlreadyInCallError, FingerprintMismatchError, NotReachableError } from './errors.ts'
