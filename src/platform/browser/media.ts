import { Emitter } from '../../core/base/events.ts'
import type { CallId } from '../../core/base/ids.ts'
import type { CallMedia, LocalMedia, MediaEngine, MediaSession } from '../../core/calls/index.ts'
import { openDevices } from './media-devices.ts'
import { PeerMedia } from './peer-media.ts'

/** The streams of one call, for `<video>` and `<audio>` elements. */
export interface StreamsOfCall {
  readonly local: MediaStream
  readonly remote: MediaStream
}

/**
 * The browser's {@link MediaEngine}: one RTCPeerConnection per call. ICE servers come from the relay's configuration
 * only; none are built in, so no third party learns of a call.
 */
export class BrowserMedia implements MediaEngine {
  readonly #iceServers: () => readonly RTCIceServer[]
  readonly #streams = new Map<CallId, StreamsOfCall>()
  readonly events = new Emitter<{ 'streams:changed': { call: CallId } }>()

  constructor(iceServers: () => readonly RTCIceServer[]) {
    this.#iceServers = iceServers
  }

  async open(
    call: CallId,
    options: { wanted: CallMedia; polite: boolean },
  ): Promise<{ session: MediaSession; local: LocalMedia }> {
    const { stream, local } = await openDevices(options.wanted)
    const remote = new MediaStream()
    const session = new PeerMedia({
      connection: new RTCPeerConnection({ iceServers: [...this.#iceServers()], bundlePolicy: 'max-bundle' }),
      localStream: stream,
      remoteStream: remote,
      local,
      isPolite: options.polite,
      onStreams: () => this.#changed(call),
      onClosed: () => {
        this.#streams.delete(call)
        this.#changed(call)
      },
    })
    this.#streams.set(call, { local: stream, remote })
    this.#changed(call)
    return { session, local }
  }

  /** Streams of a call now; empty when it has none. Tracks come and go while a call lives: listen to `streams:changed`. */
  streamsOf(call: CallId): Partial<StreamsOfCall> {
    return this.#streams.get(call) ?? {}
  }

  #changed(call: CallId): void {
    this.events.emit('streams:changed', { call })
  }
}
