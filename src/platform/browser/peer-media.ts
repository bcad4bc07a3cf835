import { FingerprintMismatchError, fingerprintsOf, preferredPicture } from '../../core/calls/index.ts'
import type {
  LinkMediaState,
  LinkReport,
  MediaLink,
  MediaSignal,
  SendLimits,
} from '../../core/calls/index.ts'
import type { CodecPreference } from './codecs.ts'
import { readReport } from './link-report.ts'

/** What one other participant sends. */
export interface RemoteStreams {
  /** Camera and microphone. */
  readonly main: MediaStream
  /** A shared screen with its sound. */
  readonly screen: MediaStream
}

/** Tracks in the order of the lines every description of ours has: microphone, camera, screen, sound of the screen. */
export type SentTracks = readonly [
  MediaStreamTrack | null,
  MediaStreamTrack | null,
  MediaStreamTrack | null,
  MediaStreamTrack | null,
]
const lineKinds = ['audio', 'video', 'video', 'audio'] as const
const cameraLine = 1
const screenLine = 2
const pictureLines = [cameraLine, screenLine] as const

/** A level older than this is of somebody who stopped sending (Opus DTX). */
const staleLevelMs = 400

interface PeerMediaInit {
  readonly connection: RTCPeerConnection
  /** Read anew with each restart of ICE: credentials in it run out. */
  readonly iceServers: () => RTCIceServer[]
  readonly codecs: Pick<CodecPreference, 'apply'>
  readonly tracks: SentTracks
  /** Makes every offer of this connection; the other side asks for them. */
  readonly offers: boolean
  readonly onStreams: () => void
  readonly onClosed: () => void
}

/**
 * One pair's peer connection. One side makes every offer, so two never meet: Chromium plays nothing of a line whose offer was rolled
 * back, though it decodes it. All four lines are negotiated from the start,
 * so mute, camera, screen and other devices are track swaps that need no new negotiation.
 */
export class PeerMedia implements MediaLink {
  readonly streams: RemoteStreams = { main: new MediaStream(), screen: new MediaStream() }
  readonly #init: PeerMediaInit
  readonly #connection: RTCPeerConnection
  #tracks: SentTracks
  #onSignal: (signal: MediaSignal) => void = () => {}
  #onState: (state: LinkMediaState) => void = () => {}
  #limits: SendLimits | undefined
  /** The encoder has taken {@link #limits}; a connection that could not is told again. */
  #isApplied = false
  #applying: Promise<void> = Promise.resolve()
  #closed = false

  constructor(init: PeerMediaInit) {
    this.#init = init
    this.#connection = init.connection
    this.#tracks = init.tracks
  }

  onSignal(listener: (signal: MediaSignal) => void): void {
    this.#onSignal = listener
    const connection = this.#connection
    connection.onicecandidate = ({ candidate }) => this.#candidate(candidate)
    connection.onnegotiationneeded = () => void this.#offer()
    connection.onconnectionstatechange = () => void this.#stateChanged()
    connection.ontrack = () => this.#collect()
    if (!this.#init.offers) return
    for (const [line, kind] of lineKinds.entries())
      this.#init.codecs.apply(connection.addTransceiver(this.#tracks[line] ?? kind))
    // At once: the event that asks for it comes after all that the page has to draw for a call that begins.
    void this.#offer()
  }

  onState(listener: (state: LinkMediaState) => void): void {
    this.#onState = listener
  }

  async signal(signal: MediaSignal): Promise<void> {
    if (this.#closed) return
    try {
      if (signal.kind === 'restart') this.restart()
      else if (signal.kind === 'candidate') await this.#addCandidate(signal)
      else await this.#describe(signal.type, signal.sdp)
    } catch (error) {
      if (!this.#isOver()) throw error
    }
  }

  /** Whether the connection was closed meanwhile: what fails then is no failure. */
  #isOver(): boolean {
    return this.#closed
  }

  /** Sends these tracks from now on. */
  async send(tracks: SentTracks): Promise<void> {
    this.#tracks = tracks
    if (this.#closed) return
    const swaps = this.#connection.getTransceivers().map(async ({ sender, direction }, line) => {
      const track = tracks[line] ?? null
      if (direction !== 'stopped' && sender.track !== track) await sender.replaceTrack(track)
    })
    try {
      await Promise.all(swaps)
    } catch (error) {
      // A link that closed under the swap must not spoil it for the others.
      if (!this.#isOver()) throw error
    }
    if (this.#limits !== undefined) this.#applyLater() // another camera may have another height
  }

  /** How loud the other side's microphone is, 0 to 1, as the browser reckons it for playing; 0 when nothing came lately. */
  level(): number {
    // Asking holds the page up until the media's own thread has time; one that is not connected has nothing to tell.
    if (this.#closed || this.#connection.connectionState !== 'connected') return 0
    const [source] = this.#connection.getTransceivers()[0]?.receiver.getSynchronizationSources() ?? []
    if (
      source === undefined ||
      performance.timeOrigin + performance.now() - sinceEpoch(source.timestamp) > staleLevelMs
    )
      return 0
    return source.audioLevel ?? 0
  }

  limit(limits: SendLimits): void {
    const isWanted = this.#limits !== undefined && isEqual(limits, this.#limits)
    this.#limits = limits
    if (isWanted && this.#isApplied) return
    this.#applyLater()
  }

  #applyLater(): void {
    this.#isApplied = false
    this.#applying = this.#applying
      .then(() => this.#applyLimits())
      .catch(() => {
        // The connection is not negotiated yet or gone: the next change, or its being connected, applies them.
      })
  }

  async #applyLimits(): Promise<void> {
    const sender = this.#connection.getTransceivers()[cameraLine]?.sender
    const limits = this.#limits
    if (this.#closed || sender === undefined || limits === undefined) return
    const parameters = sender.getParameters()
    const [encoding] = parameters.encodings
    if (encoding === undefined) return
    const height = sender.track?.getSettings().height ?? limits.maxHeight
    encoding.active = limits.isActive
    encoding.maxBitrate = limits.maxKbps * 1000
    encoding.maxFramerate = limits.maxFps
    encoding.scaleResolutionDownBy = Math.max(1, height / limits.maxHeight)
    await sender.setParameters(parameters)
    this.#isApplied = limits === this.#limits
  }

  async report(): Promise<LinkReport> {
    return readReport(await this.#connection.getStats(), performance.now())
  }

  restart(): void {
    if (this.#closed || this.#connection.signalingState === 'closed') return
    this.#connection.setConfiguration({
      ...this.#connection.getConfiguration(),
      iceServers: this.#init.iceServers(),
    })
    if (this.#init.offers) this.#connection.restartIce()
    else this.#onSignal({ kind: 'restart' })
  }

  async #describe(type: 'offer' | 'answer', sdp: string): Promise<void> {
    const connection = this.#connection
    await connection.setRemoteDescription({ type, sdp })
    if (type !== 'offer') return
    await this.#joinTransceivers(sdp)
    await connection.setLocalDescription()
    this.#sendDescription()
    const answered = preferredPicture(connection.localDescription?.sdp ?? '')
    if (answered !== undefined && answered !== preferredPicture(sdp))
      this.#sendPictures(answered.toLowerCase())
  }

  /** The side that answers would send the first codec of the offer; the answer says what both do well (SPEC CA-23). */
  #sendPictures(codec: string): void {
    this.#eachPicture(async (sender) => {
      const parameters = sender.getParameters()
      const wanted = parameters.codecs.find(({ mimeType }) => mimeType.toLowerCase() === codec)
      if (wanted === undefined) return
      for (const encoding of parameters.encodings) (encoding as { codec?: RTCRtpCodec }).codec = wanted
      await sender.setParameters(parameters)
    })
  }

  /** Answers every line with our tracks (or none yet) in both directions. */
  async #joinTransceivers(offer: string): Promise<void> {
    for (const transceiver of this.#connection.getTransceivers()) {
      this.#init.codecs.apply(transceiver, offer)
      if (transceiver.currentDirection === null) transceiver.direction = 'sendrecv'
    }
    await this.send(this.#tracks)
  }

  async #addCandidate(signal: Extract<MediaSignal, { kind: 'candidate' }>): Promise<void> {
    try {
      await this.#connection.addIceCandidate({
        candidate: signal.candidate,
        sdpMid: signal.mid,
        sdpMLineIndex: signal.line,
        usernameFragment: signal.ufrag,
      })
    } catch (error) {
      // One of an ICE generation that is over: nothing to do.
      if (this.#connection.remoteDescription === null) throw error
    }
  }

  async #offer(): Promise<void> {
    try {
      await this.#connection.setLocalDescription()
      this.#sendDescription()
    } catch {
      // The connection was closed meanwhile; its owner already knows.
    }
  }

  #sendDescription(): void {
    const description = this.#connection.localDescription
    if (description === null || (description.type !== 'offer' && description.type !== 'answer')) return
    this.#onSignal({ kind: 'description', type: description.type, sdp: withQuietSound(description.sdp) })
  }

  #candidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') return
    // Browsers only ever call over TCP, none is called: two such ends never meet (RFC 6544), and each candidate costs both sides time.
    if (candidate.tcpType === 'active') return
    this.#onSignal({
      kind: 'candidate',
      candidate: candidate.candidate,
      mid: candidate.sdpMid ?? '',
      line: candidate.sdpMLineIndex ?? 0,
      ufrag: candidate.usernameFragment ?? '',
    })
  }

  /** Puts each line's track where it belongs. By line: events may come more than once. */
  #collect(): void {
    const [sound, camera, screen, screenSound] = this.#connection
      .getTransceivers()
      .map(({ receiver }) => receiver.track)
    fill(this.streams.main, [sound, camera])
    fill(this.streams.screen, [screen, screenSound])
    this.#init.onStreams()
  }

  async #stateChanged(): Promise<void> {
    const state = this.#connection.connectionState
    if (this.#closed || state === 'new' || state === 'closed') return
    if (state === 'connected') {
      try {
        await this.#checkCertificate()
      } catch {
        if (!this.#closed) this.#onState('failed')
        this.close()
        return
      }
    }
    // The check took a moment: what came meanwhile has told its own state.
    if (this.#closed || this.#connection.connectionState !== state) return
    this.#onState(state)
    if (state !== 'connected') return
    if (this.#limits !== undefined) this.#applyLater()
    const ice = this.#connection.getTransceivers()[cameraLine]?.sender.transport?.iceTransport
    if (ice !== undefined) ice.onselectedcandidatepairchange = () => this.#sendWholePictures()
  }

  /** On a new way the other side would ask for much that was lost before it asks for a whole picture: seconds later. */
  #sendWholePictures(): void {
    this.#eachPicture(async (sender) => {
      if (sender.track === null) return
      const parameters = sender.getParameters()
      const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }))
      await sender.setParameters(parameters, { encodingOptions })
    })
  }

  /** One after another: parameters that were read may not be set once others have been. */
  #eachPicture(action: (sender: RTCRtpSender) => Promise<void>): void {
    for (const line of pictureLines) {
      this.#applying = this.#applying
        .then(async () => {
          const sender = this.#connection.getTransceivers()[line]?.sender
          if (!this.#closed && sender !== undefined) await action(sender)
        })
        .catch(() => {
          // An engine without the option, or a connection that is gone: it does as engines do by themselves.
        })
    }
  }

  /** SPEC CA-10. DTLS enforces it as well; this says so explicitly, from what the transport really uses. */
  async #checkCertificate(): Promise<void> {
    const announced = fingerprintsOf(this.#connection.remoteDescription?.sdp ?? '')
    const stats = await this.#connection.getStats()
    for (const report of stats.values() as Iterable<Record<string, unknown>>) {
      if (report['type'] !== 'transport' || typeof report['remoteCertificateId'] !== 'string') continue
      const certificate = stats.get(report['remoteCertificateId']) as { fingerprint?: string } | undefined
      if (certificate?.fingerprint === undefined) continue
      if (!announced.includes(certificate.fingerprint.toUpperCase())) {
        throw new FingerprintMismatchError('the DTLS certificate is not the one that was announced')
      }
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#connection.close()
    this.#init.onClosed()
  }
}

/**
 * Asks the other side to send nothing while nobody speaks (Opus DTX, RFC 7587 section 6.1): the encoder follows what the
 * description it was given says. Loss repair by FEC is asked for by default.
 */
function withQuietSound(sdp: string): string {
  return sdp.replaceAll('useinbandfec=1', 'useinbandfec=1;usedtx=1')
}

/** Makes `stream` hold exactly these tracks; those it has already stay as they are. */
function fill(stream: MediaStream, tracks: readonly (MediaStreamTrack | undefined)[]): void {
  for (const track of stream.getTracks()) if (!tracks.includes(track)) stream.removeTrack(track)
  for (const track of tracks) if (track !== undefined) stream.addTrack(track)
}

/** Engines stamp levels with the page's clock or with the epoch's. */
function sinceEpoch(timestamp: number): number {
  return timestamp < performance.timeOrigin ? performance.timeOrigin + timestamp : timestamp
}

function isEqual(a: SendLimits, b: SendLimits): boolean {
  return (
    a.isActive === b.isActive &&
    a.maxKbps === b.maxKbps &&
    a.maxFps === b.maxFps &&
    a.maxHeight === b.maxHeight
  )
}
