import type { Events } from '../core/base/events.ts'
import type { CallId, PeerId } from '../core/base/ids.ts'
import type { CallMedia, LocalMedia } from '../core/calls/index.ts'

/** What one other participant sends; tracks come and go while the streams live. */
export interface PersonStreams {
  /** Camera and microphone. */
  readonly main: MediaStream
  /** A shared screen with its sound. */
  readonly screen: MediaStream
}

/** What a call looks and sounds like on this page. */
export interface CallMediaStreams {
  /** Our own camera and microphone; to be played muted. */
  readonly local: MediaStream
  /** The screen we show; to be played muted. */
  readonly screen: MediaStream
  readonly people: ReadonlyMap<PeerId, PersonStreams>
}

/** Our own devices before a call: nothing of them is sent. */
export interface CallPreview {
  readonly stream: MediaStream
  local(): LocalMedia
  onLocal(listener: (local: LocalMedia) => void): void
  setMuted(muted: boolean): Promise<void>
  setCamera(on: boolean): Promise<void>
  close(): void
}

/** Streams by call: the core knows ids and states only, the browser's media engine has the streams. */
export interface CallStreams {
  readonly events: Events<{ 'streams:changed': { call: CallId } }>
  /** Streams of a call now; undefined when it has none (yet, or any more). The engine keeps owning them. */
  streamsOf(call: CallId): CallMediaStreams | undefined
  /** How loud a participant is now, 0 to 1. */
  levelOf(call: CallId, peer: PeerId): number
  /** Opens devices to look at before joining; whoever asked closes them. */
  preview(wanted: CallMedia): Promise<CallPreview>
}
