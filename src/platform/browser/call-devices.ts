import type { PeerId } from '../../core/base/ids.ts'
import type { CallMedia, LocalMedia, LocalSession } from '../../core/calls/index.ts'
import { constraintsFor, openCapture, openDevices, openInto } from './media-devices.ts'
import type { PeerMedia, SentTracks } from './peer-media.ts'

interface CallDevicesInit {
  /** Ids of the devices to take; empty is the system's choice. Read anew with each opening. */
  readonly chosen: { readonly microphone: string; readonly camera: string }
  readonly onStreams: () => void
  readonly onClosed: () => void
  readonly createLink: (wanted: WantedLink) => PeerMedia
}

/** A link to be made; whoever makes it calls `onClosed` when it is closed, by either side. */
interface WantedLink {
  readonly peer: PeerId
  readonly offers: boolean
  readonly isHidden: boolean
  readonly tracks: SentTracks
  readonly onClosed: () => void
}

/** Microphone, camera and screen of one call, and the links that carry them. A change is a track swap on every link. */
export class CallDevices implements LocalSession {
  /** Camera and microphone. */
  readonly stream = new MediaStream()
  readonly screen = new MediaStream()
  readonly #init: CallDevicesInit
  readonly #links = new Set<PeerMedia>()
  readonly #stop = new AbortController()
  #local: LocalMedia = { microphone: 'muted', camera: 'off', screen: 'off' }
  #onLocal: (local: LocalMedia) => void = () => {}
  #isMuted = true
  /** Device changes run one after another: two quick presses must not leave two cameras open. */
  #turn: Promise<void> = Promise.resolve()

  constructor(init: CallDevicesInit) {
    this.#init = init
    const { signal } = this.#stop
    navigator.mediaDevices.addEventListener('devicechange', () => void this.#plugged(), { signal })
  }

  /**
   * Opens what is wanted; what fails is said in {@link local}. Links that were made meanwhile get the tracks.
   *
   * @param given running tracks of a preview, which are ours from now on
   */
  open(wanted: CallMedia, given: readonly MediaStreamTrack[] = []): Promise<void> {
    this.#isMuted = !wanted.audio
    for (const track of given) {
      if (track.kind === 'audio' ? wanted.audio : wanted.video) this.stream.addTrack(track)
      else track.stop()
    }
    return this.#inTurn(async () => {
      const local = await openDevices(this.stream, wanted, this.#init.chosen)
      if (this.#isClosed) return
      for (const track of this.stream.getTracks()) this.#guard(track)
      // A press on mute while the devices opened counts.
      const isMuted = local.microphone === 'on' && this.#isMuted
      this.#set({ ...local, microphone: isMuted ? 'muted' : local.microphone })
      await this.#swap()
    })
  }

  /** Gives away what is open, running. */
  handOver(): readonly MediaStreamTrack[] {
    const tracks = this.stream.getTracks().filter(({ readyState }) => readyState === 'live')
    for (const track of tracks) this.stream.removeTrack(track)
    return tracks
  }

  local(): LocalMedia {
    return this.#local
  }
  onLocal(listener: (local: LocalMedia) => void): void {
    this.#onLocal = listener
  }

  setMuted(muted: boolean): Promise<void> {
    this.#isMuted = muted
    const track = this.stream.getAudioTracks()[0]
    if (track !== undefined) {
      track.enabled = !muted
      this.#set({ microphone: muted ? 'muted' : 'on' })
      return Promise.resolve()
    }
    if (!muted) return this.#inTurn(() => this.#openMicrophone())
    // Without a microphone there is nothing to mute: the trouble stays said.
    return Promise.resolve()
  }

  setCamera(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#stopTracks('video')
      const problem = on ? await this.#openDevice('camera') : undefined
      await this.#swap()
      this.#set({ camera: on ? (problem ?? 'on') : 'off' })
    })
  }

  setScreen(on: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!on) return this.#screenOver()
      const opened = await openCapture()
      if (opened === undefined) return
      if (typeof opened === 'string') return this.#set({ screen: opened })
      for (const track of [...this.screen.getTracks()]) this.#take(this.screen, track)
      for (const track of opened.getTracks()) {
        this.screen.addTrack(track)
        track.addEventListener('ended', () => void this.#inTurn(() => this.#shareEnded(track)))
      }
      await this.#swap()
      this.#set({ screen: 'on' })
    })
  }

  /** Takes the device that is chosen now. */
  useChosen(kind: 'microphone' | 'camera'): Promise<void> {
    return this.#inTurn(async () => {
      if (kind === 'microphone') return this.#openMicrophone()
      if (this.#local.camera === 'off') return
      this.#stopTracks('video')
      const problem = await this.#openDevice('camera')
      await this.#swap()
      this.#set({ camera: problem ?? 'on' })
    })
  }

  link(peer: PeerId, offers: boolean, isHidden: boolean): PeerMedia {
    const tracks = this.#tracks()
    // A closed link must not be kept: a call sees people come and go for hours, and each holds a peer connection.
    const onClosed = (): void => void this.#links.delete(link)
    const link: PeerMedia = this.#init.createLink({ peer, offers, isHidden, tracks, onClosed })
    this.#links.add(link)
    return link
  }

  get #isClosed(): boolean {
    return this.#stop.signal.aborted
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const run = this.#turn.then(async () => {
      if (this.#isClosed) return
      await action()
      if (this.#isClosed) this.#release() // a device that opened after the call was over
    })
    this.#turn = run.catch(() => {}) // the caller has the error; the next in turn goes on
    return run
  }

  async #openMicrophone(): Promise<void> {
    this.#stopTracks('audio')
    const problem = await this.#openDevice('microphone')
    await this.#swap()
    this.#set({ microphone: problem ?? (this.#isMuted ? 'muted' : 'on') })
  }

  async #openDevice(kind: 'microphone' | 'camera'): Promise<Awaited<ReturnType<typeof openInto>>> {
    const { audio, video } = constraintsFor(this.#init.chosen)
    const problem = await openInto(this.stream, kind === 'microphone' ? { audio } : { video })
    const track = kind === 'microphone' ? this.stream.getAudioTracks()[0] : this.stream.getVideoTracks()[0]
    if (track !== undefined) this.#guard(track)
    return problem
  }

  /** Sets the mute of a new track before anyone hears it, and watches for its device being pulled out. */
  #guard(track: MediaStreamTrack): void {
    if (track.kind === 'audio') track.enabled = !this.#isMuted
    track.addEventListener('ended', () => void this.#inTurn(() => this.#deviceEnded(track)))
  }

  async #deviceEnded(track: MediaStreamTrack): Promise<void> {
    if (!this.stream.getTracks().includes(track)) return
    this.stream.removeTrack(track)
    if (track.kind === 'audio') return this.#openMicrophone() // the system's next one, muted as before
    await this.#swap()
    this.#set({ camera: 'missing' })
  }

  /** A device came: a microphone that was missing is taken, muted as before. A camera waits for the person's word. */
  async #plugged(): Promise<void> {
    if (this.#local.microphone === 'missing') await this.#inTurn(() => this.#openMicrophone())
    if (this.#local.camera === 'missing') this.#set({ camera: 'off' })
  }

  async #shareEnded(track: MediaStreamTrack): Promise<void> {
    if (!this.screen.getTracks().includes(track)) return
    // The sound of a share may end alone; the picture takes all with it.
    if (track.kind === 'video') return this.#screenOver()
    this.#take(this.screen, track)
    await this.#swap()
  }

  async #screenOver(): Promise<void> {
    for (const track of [...this.screen.getTracks()]) this.#take(this.screen, track)
    await this.#swap()
    this.#set({ screen: 'off' })
  }

  #stopTracks(kind: 'audio' | 'video'): void {
    const tracks = kind === 'audio' ? this.stream.getAudioTracks() : this.stream.getVideoTracks()
    for (const track of tracks) this.#take(this.stream, track) // the camera's light goes off
  }

  #take(stream: MediaStream, track: MediaStreamTrack): void {
    track.stop()
    stream.removeTrack(track)
  }

  #tracks(): SentTracks {
    return [
      this.stream.getAudioTracks()[0] ?? null,
      this.stream.getVideoTracks()[0] ?? null,
      this.screen.getVideoTracks()[0] ?? null,
      this.screen.getAudioTracks()[0] ?? null,
    ]
  }

  async #swap(): Promise<void> {
    const tracks = this.#tracks()
    this.#init.onStreams()
    await Promise.all([...this.#links].map((link) => link.send(tracks)))
  }

  #set(change: Partial<LocalMedia>): void {
    this.#local = { ...this.#local, ...change }
    this.#init.onStreams()
    if (!this.#isClosed) this.#onLocal(this.#local)
  }

  #release(): void {
    for (const stream of [this.stream, this.screen]) {
      for (const track of [...stream.getTracks()]) this.#take(stream, track)
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#stop.abort()
    for (const link of [...this.#links]) link.close()
    this.#release()
    this.#init.onClosed()
  }
}
