import type { CallId, PeerId } from '../base/ids.ts'
import type { SendLimits } from './adapt.ts'
import type { LinkReport } from './quality.ts'

/** Microphone and camera a person wants to begin with. */
export type CallMedia = { readonly audio: boolean; readonly video: boolean }

/** Why a camera, microphone or screen is not in use. */
export type DeviceProblem = 'missing' | 'refused' | 'in-use' | 'unavailable'

/** What we give to the call now, as the person sees it. */
export interface LocalMedia {
  readonly microphone: 'on' | 'muted' | DeviceProblem
  readonly camera: 'on' | 'off' | DeviceProblem
  readonly screen: 'on' | 'off' | DeviceProblem
}

/** Which kinds a participant sends now, by its own word. */
export interface SentMedia {
  readonly audio: boolean
  readonly video: boolean
  readonly screen: boolean
}

/** Where one link's media stands. */
export type LinkMediaState = 'connecting' | 'connected' | 'disconnected' | 'failed'

/** Asks the side that offers for a new way through the network. */
type RestartSignal = { readonly kind: 'restart' }

/** What WebRTC signalling carries between the two ends of a link. */
export type MediaSignal =
  | { readonly kind: 'description'; readonly type: 'offer' | 'answer'; readonly sdp: string }
  | {
      readonly kind: 'candidate'
      readonly candidate: string
      readonly mid: string
      readonly line: number
      readonly ufrag: string
    }
  | RestartSignal

/** Owns devices, RTCPeerConnections and streams; lives in the browser adapter. The page reads its streams by call and peer. */
export interface MediaEngine {
  /**
   * Opens devices as wanted, and does not wait for them: links are made meanwhile, and what was opened is told by
   * {@link LocalSession.onLocal}. A missing, refused or busy one leaves the call going without it; a microphone that is not wanted
   * is opened with the first {@link LocalSession.setMuted}.
   */
  open(call: CallId, wanted: CallMedia): Promise<LocalSession>
  /**
   * Takes this device of a kind from now on, at once and without a new negotiation when one is in use. An empty id is the system's
   * choice; one that is not there any more falls back to it.
   */
  useDevice(kind: 'microphone' | 'camera', device: string): Promise<void>
  /** Whether the relay offers a TURN server now: without one no link can hide its address. Does not reject. */
  canRelay(): Promise<boolean>
}

/** Our own devices in one call, shared by all its links. */
export interface LocalSession {
  local(): LocalMedia
  /** Told of every change, those nobody asked for included: a device pulled out, a share stopped by the browser's own bar. */
  onLocal(listener: (local: LocalMedia) => void): void
  setMuted(muted: boolean): Promise<void>
  setCamera(on: boolean): Promise<void>
  /** Shows or stops the screen, next to the camera. The browser asks the person which; a cancelled choice changes nothing. */
  setScreen(on: boolean): Promise<void>
  /**
   * Makes one pair's connection.
   *
   * @param offers whether this side makes all its offers
   * @param isHidden whether it goes through TURN servers only, for all its life
   */
  link(peer: PeerId, offers: boolean, isHidden: boolean): MediaLink
  /** Releases devices, and closes what links are left. Twice is fine. */
  close(): void
}

/** One pair's media connection. */
export interface MediaLink {
  /** Begins to negotiate; signals to carry to the other side come in order. */
  onSignal(listener: (signal: MediaSignal) => void): void
  /** Feeds a signal from the other side, already checked by the signal rules. */
  signal(signal: MediaSignal): Promise<void>
  onState(listener: (state: LinkMediaState) => void): void
  /** Sends no more of the camera than this from now on; sound and screen are not touched. */
  limit(limits: SendLimits): void
  /** What the connection has counted so far. */
  report(): Promise<LinkReport>
  /** Looks for a new way through the network (ICE restart); the tracks stay. */
  restart(): void
  close(): void
}
