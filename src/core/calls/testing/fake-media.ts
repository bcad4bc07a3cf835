import type { CallId } from '../../base/ids.ts'
import type { CallMedia, LocalMedia, MediaEngine, MediaSession, MediaSignal } from '../index.ts'

/** A media engine without devices: the caller's session sends an offer, the other answers, both are then connected. */
export class FakeMedia implements MediaEngine {
  readonly sessions: FakeSession[] = []
  /** What devices give; a test may make the camera refused. */
  camera: LocalMedia['camera'] = 'on'
  /** When set, `open` rejects with it. */
  failure: Error | undefined

  async open(
    _call: CallId,
    options: { wanted: CallMedia; polite: boolean },
  ): Promise<{ session: MediaSession; local: LocalMedia }> {
    await Promise.resolve()
    if (this.failure !== undefined) throw this.failure
    const session = new FakeSession(options.polite, options.wanted.video ? this.camera : 'off')
    this.sessions.push(session)
    return { session, local: session.local() }
  }

  get last(): FakeSession {
    const session = this.sessions.at(-1)
    if (session === undefined) throw new Error('no session was opened')
    return session
  }
}

export class FakeSession implements MediaSession {
  readonly received: MediaSignal[] = []
  closed = false
  readonly #polite: boolean
  #camera: LocalMedia['camera']
  #muted = false
  #signal: (signal: MediaSignal) => void = () => {}
  #state: (state: 'connecting' | 'connected' | 'disconnected' | 'failed') => void = () => {}
  #remote: (remote: CallMedia) => void = () => {}

  constructor(polite: boolean, camera: LocalMedia['camera']) {
    this.#polite = polite
    this.#camera = camera
  }

  local(): LocalMedia {
    return { microphone: this.#muted ? 'muted' : 'on', camera: this.#camera }
  }

  onSignal(listener: (signal: MediaSignal) => void): void {
    this.#signal = listener
    if (!this.#polite) listener({ kind: 'description', type: 'offer', sdp: 'offer' })
    this.#sendMedia()
  }

  onState(listener: (state: 'connecting' | 'connected' | 'disconnected' | 'failed') => void): void {
    this.#state = listener
  }

  onRemote(listener: (remote: CallMedia) => void): void {
    this.#remote = listener
  }

  async signal(signal: MediaSignal): Promise<void> {
    await Promise.resolve()
    this.received.push(signal)
    if (signal.kind === 'media') this.#remote({ audio: signal.audio, video: signal.video })
    if (signal.kind !== 'description') return
    if (signal.type === 'offer') this.#signal({ kind: 'description', type: 'answer', sdp: 'answer' })
    this.#state('connected')
  }

  /** What the network does to the link. */
  link(state: 'connected' | 'disconnected' | 'failed'): void {
    this.#state(state)
  }

  async setMuted(muted: boolean): Promise<LocalMedia> {
    await Promise.resolve()
    this.#muted = muted
    this.#sendMedia()
    return this.local()
  }

  async setCamera(on: boolean): Promise<LocalMedia> {
    await Promise.resolve()
    this.#camera = on ? 'on' : 'off'
    this.#sendMedia()
    return this.local()
  }

  #sendMedia(): void {
    this.#signal({ kind: 'media', audio: !this.#muted, video: this.#camera === 'on' })
  }

  close(): void {
    this.closed = true
  }
}
