import type { Events } from '../core/base/events.ts'
import type { CallId } from '../core/base/ids.ts'

/** What a call looks and sounds like on this page. */
export interface CallMediaStreams {
  /** Our own camera and microphone; to be played muted. */
  readonly local?: MediaStream | undefined
  /** What the other side sends. */
  readonly remote?: MediaStream | undefined
}

/** Streams by call: the core knows ids and states only, the browser's media engine has the streams. */
export interface CallStreams {
  readonly events: Events<{ 'streams:changed': { call: CallId } }>
  /** Streams of a call now; empty when it has none (yet, or any more). The engine keeps owning them. */
  streamsOf(call: CallId): CallMediaStreams
}
