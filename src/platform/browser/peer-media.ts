import { InvalidMessageError } from '../../core/base/errors.ts'
import { FingerprintMismatchError } from '../../core/calls/index.ts'
import type { CallMedia, LocalMedia, MediaSession, MediaSignal } from '../../core/calls/index.ts'
import { cameraConstraints, openInto } from './media-devices.ts'

interface PeerMediaInit {
  readonly connection: RTCPeerConnection
  readonly localStream: MediaStream
  readonly remoteStream: MediaStream
  readonly local: LocalMedia
  readonly isPolite: boolean
  readonly onStreams: () => void
  readonly onClosed: () => void
}

type LinkState = 'connecting' | 'connected' | 'disconnected' | 'failed'

/**
 * One call's peer connection by perfect negotiation (W3C webrtc-pc section 10.7). Both an audio and a video line are
 * negotiated from the start, so mute, camera and late devices are track swaps that need no new negotiation.
 */
export class PeerMedia implements MediaSession {
  readonly #init: PeerMediaInit
  readonly #connection: RTCPeerConnection
  #local: LocalMedia
  #onSignal: (signal: MediaSignal) => void = () => {}
  #onState: (state: LinkState) => void = () => {}
  #onRemote: (remote: CallMedia) => void = () => {}
  #makingOffer = false
  #ignoringOffer = false
  #closed = false

  constructor(init: PeerMediaInit) {
    this.#init = init
    this.#connection = init.connection
    this.#local = init.local
  }

  onSignal(listener: (signal: MediaSignal) => void): void {
    this.#onSignal = listener
    const connection = this.#connection
    connection.onicecandidate = ({ candidate }) => this.#candidate(candidate)
    connection.onnegotiationneeded = () => void this.#offer()
    connection.onconnectionstatechange = () => void this.#stateChanged()
    connection.ontrack = ({ track }) => this.#remoteTrack(track)
    if (!this.#init.isPolite) {
      connection.addTransceiver(this.#track('audio') ?? 'audio', { streams: [this.#init.localStream] })
      connection.addTransceiver(this.#track('video') ?? 'video', { streams: [this.#init.localStream] })
    }
    this.#tellMedia()
  }

  onState(listener: (state: LinkState) => void): void {
    this.#onState = listener
  }

  onRemote(listener: (remote: CallMedia) => void): void {
    this.#onRemote = listener
  }

  async signal(signal: MediaSignal): Promise<void> {
    if (this.#closed) return
    if (signal.kind === 'media') this.#onRemote({ audio: signal.audio, video: signal.video })
    else if (signal.kind === 'candidate') await this.#addCandidate(signal)
    else await this.#describe(signal.type, signal.sdp)
  }

  async #describe(type: 'offer' | 'answer', sdp: string): Promise<void> {
    if (fingerprintsOf(sdp).length === 0)
      throw new InvalidMessageError('description without a DTLS fingerprint')
    const connection = this.#connection
    const collides = type === 'offer' && (this.#makingOffer || connection.signalingState !== 'stable')
    this.#ignoringOffer = !this.#init.isPolite && collides
    if (this.#ignoringOffer) return
    await connection.setRemoteDescription({ type, sdp })
    if (type !== 'offer') return
    await this.#joinTransceivers()
    await connection.setLocalDescription()
    this.#sendDescription()
  }

  /** Answers both lines with our tracks (or none yet) in both directions. */
  async #joinTransceivers(): Promise<void> {
    for (const transceiver of this.#connection.getTransceivers()) {
      if (transceiver.currentDirection !== null) continue
      const kind = transceiver.receiver.track.kind
      transceiver.direction = 'sendrecv'
      await transceiver.sender.replaceTrack(this.#track(kind) ?? null)
    }
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
      // One of an offer we ignored, or of an ICE generation that is over: nothing to do.
      if (!this.#ignoringOffer && this.#connection.remoteDescription === null) throw error
    }
  }

  async #offer(): Promise<void> {
    try {
      this.#makingOffer = true
      await this.#connection.setLocalDescription()
      this.#sendDescription()
    } catch {
      // The connection was closed meanwhile; its owner already knows.
    } finally {
      this.#makingOffer = false
    }
  }

  #sendDescription(): void {
    const description = this.#connection.localDescription
    if (description === null || (description.type !== 'offer' && description.type !== 'answer')) return
    this.#onSignal({ kind: 'description', type: description.type, sdp: description.sdp })
  }

  #candidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') return
    this.#onSignal({
      kind: 'candidate',
      candidate: candidate.candidate,
      mid: candidate.sdpMid ?? '',
      line: candidate.sdpMLineIndex ?? 0,
      ufrag: candidate.usernameFragment ?? '',
    })
  }

  #remoteTrack(track: MediaStreamTrack): void {
    this.#init.remoteStream.addTrack(track)
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
    if (this.#closed) return
    if (state === 'failed' && !this.#init.isPolite) this.#connection.restartIce()
    this.#onState(state)
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

  async setMuted(muted: boolean): Promise<LocalMedia> {
    const track = this.#track('audio')
    if (track === undefined) return this.#local
    track.enabled = !muted
    return this.#setLocal({ ...this.#local, microphone: muted ? 'muted' : 'on' })
  }

  async setCamera(on: boolean): Promise<LocalMedia> {
    const stream = this.#init.localStream
    for (const track of stream.getVideoTracks()) {
      track.stop() // the camera's light goes off
      stream.removeTrack(track)
    }
    const problem = on ? await openInto(stream, cameraConstraints) : undefined
    if (this.#closed) {
      for (const track of stream.getTracks()) track.stop()
      return this.#local
    }
    const sender = this.#connection.getTransceivers().find((t) => t.receiver.track.kind === 'video')?.sender
    await sender?.replaceTrack(this.#track('video') ?? null)
    this.#init.onStreams()
    return this.#setLocal({ ...this.#local, camera: on ? (problem ?? 'on') : 'off' })
  }

  #setLocal(local: LocalMedia): LocalMedia {
    this.#local = local
    this.#tellMedia()
    return local
  }

  #tellMedia(): void {
    this.#onSignal({
      kind: 'media',
      audio: this.#local.microphone === 'on',
      video: this.#local.camera === 'on',
    })
  }

  #track(kind: string): MediaStreamTrack | undefined {
    return this.#init.localStream.getTracks().find((track) => track.kind === kind)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const track of this.#init.localStream.getTracks()) track.stop()
    this.#connection.close()
    this.#init.onClosed()
  }
}

/** The `a=fingerprint` values of a description, upper case. */
function fingerprintsOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=fingerprint:\S+ ([0-9A-Fa-f:]+)/gm)].map((match) =>
    (match[1] ?? '').toUpperCase(),
  )
}
