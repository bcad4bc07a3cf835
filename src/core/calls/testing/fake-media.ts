import type { CallId, PeerId } from '../../base/ids.ts'
import type {
  CallMedia,
  LinkMediaState,
  LocalMedia,
  LocalSession,
  MediaEngine,
  MediaLink,
  LinkReport,
  MediaSignal,
  SendLimits,
} from '../index.ts'

/** A description with all that the rules ask for. */
export function fakeSdp(
  options: { ufrag?: string; fingerprint?: string; lines?: readonly string[] } = {},
): string {
  const { ufrag = 'ufrag', fingerprint = fakeFingerprint(1), lines = ['audio', 'video'] } = options
  const media = lines.map((kind) => `m=${kind} 9 UDP/TLS/RTP/SAVPF 111\r\n`).join('')
  return `v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${media}a=ice-ufrag:${ufrag}\r\na=fingerprint:sha-256 ${fingerprint}\r\n`
}

export function fakeFingerprint(n: number): string {
  return Array.from({ length: 32 }, () => n.toString(16).padStart(2, '0').toUpperCase()).join(':')
}

/** A media engine without devices: the opener's link sends an offer, the other answers, both are then connected. */
export class FakeMedia implements MediaEngine {
  readonly sessions: FakeSession[] = []
  /** What devices give; a test may make the camera refused. */
  camera: LocalMedia['camera'] = 'on'
  /** When set, `open` rejects with it. */
  failure: Error | undefined
  /** False makes answers not lead to a connection. */
  connects = true

  async open(_call: CallId, wanted: CallMedia): Promise<LocalSession> {
    await Promise.resolve()
    if (this.failure !== undefined) throw this.failure
    const session = new FakeSession(this, wanted)
    this.sessions.push(session)
    return session
  }

  async useDevice(): Promise<void> {
    await Promise.resolve()
  }

  /** Whether there is a TURN server. */
  hasTurn = true
  async canRelay(): Promise<boolean> {
    await Promise.resolve()
    return this.hasTurn
  }

  get last(): FakeSession {
    const session = this.sessions.at(-1)
    if (session === undefined) throw new Error('no session was opened')
    return session
  }
}

export class FakeSession implements LocalSession {
  readonly links = new Map<PeerId, FakeLink>()
  /** Every link ever made, closed ones too. */
  readonly made: FakeLink[] = []
  closed = false
  readonly #engine: FakeMedia
  #local: LocalMedia
  #listener: (local: LocalMedia) => void = () => {}

  constructor(engine: FakeMedia, wanted: CallMedia) {
    this.#engine = engine
    this.#local = {
      microphone: wanted.audio ? 'on' : 'muted',
      camera: wanted.video ? engine.camera : 'off',
      screen: 'off',
    }
  }

  local(): LocalMedia {
    return this.#local
  }
  onLocal(listener: (local: LocalMedia) => void): void {
    this.#listener = listener
  }
  /** What happens to the devices by themselves. */
  set(change: Partial<LocalMedia>): void {
    this.#local = { ...this.#local, ...change }
    this.#listener(this.#local)
  }
  async setMuted(muted: boolean): Promise<void> {
    await Promise.resolve()
    this.set({ microphone: muted ? 'muted' : 'on' })
  }
  async setCamera(on: boolean): Promise<void> {
    await Promise.resolve()
    this.set({ camera: on ? this.#engine.camera : 'off' })
  }
  async setScreen(on: boolean): Promise<void> {
    await Promise.resolve()
    this.set({ screen: on ? 'on' : 'off' })
  }
  link(peer: PeerId, offers: boolean, isHidden: boolean): FakeLink {
    const link = new FakeLink(offers, isHidden, () => this.#engine.connects)
    this.links.set(peer, link)
    this.made.push(link)
    return link
  }

  /** The link to the only other participant, or to a named one. */
  to(peer?: string): FakeLink {
    const link = peer === undefined ? [...this.links.values()].at(-1) : this.links.get(peer as PeerId)
    if (link === undefined) throw new Error('no such link')
    return link
  }

  /** Links that were made and not closed. */
  get open(): number {
    return this.made.filter(({ closed }) => !closed).length
  }

  close(): void {
    this.closed = true
    for (const link of this.made) link.close()
  }
}

export class FakeLink implements MediaLink {
  readonly received: MediaSignal[] = []
  restarts = 0
  closed = false
  readonly isHidden: boolean
  readonly #offers: boolean
  readonly #connects: () => boolean
  #signal: (signal: MediaSignal) => void = () => {}
  #state: (state: LinkMediaState) => void = () => {}

  constructor(offers: boolean, isHidden: boolean, connects: () => boolean) {
    this.#offers = offers
    this.isHidden = isHidden
    this.#connects = connects
  }

  onSignal(listener: (signal: MediaSignal) => void): void {
    this.#signal = listener
    if (this.#offers) listener({ kind: 'description', type: 'offer', sdp: fakeSdp() })
  }
  onState(listener: (state: LinkMediaState) => void): void {
    this.#state = listener
  }

  async signal(signal: MediaSignal): Promise<void> {
    await Promise.resolve()
    this.received.push(signal)
    if (this.closed || signal.kind !== 'description') return
    if (signal.type === 'offer') this.#signal({ kind: 'description', type: 'answer', sdp: fakeSdp() })
    if (this.#connects()) this.#state('connected')
  }

  /** What the engine has to tell the other side. */
  tell(signal: MediaSignal): void {
    this.#signal(signal)
  }
  /** What the network does to the link. */
  link(state: LinkMediaState): void {
    this.#state(state)
  }
  /** What the link was last told to send. */
  limits: SendLimits | undefined
  /** Loss that the other side reports, 0 to 1. */
  seenLoss = 0
  limit(limits: SendLimits): void {
    this.limits = limits
  }
  async report(): Promise<LinkReport> {
    await Promise.resolve()
    this.#reads += 1
    const picture = { frames: this.#reads * 30, width: 640, height: 360, codec: 'VP8' }
    const received = { packets: this.#reads * 50, lost: 0, jitterMs: 1 }
    return {
      atMs: this.#reads * 1000,
      path: this.isHidden ? 'relayed' : 'direct',
      rttMs: 10,
      audio: received,
      video: { ...received, ...picture },
      sent: { ...picture, bytes: this.#reads * 50_000, limit: 'none' },
      heard: [{ line: 'picture', stamp: this.#reads, lostFraction: this.seenLoss, rttMs: 12 }],
      carried: { received: this.#reads * 1000, sent: 0 },
    }
  }
  #reads = 0

  restart(): void {
    this.restarts += 1
  }
  close(): void {
    this.closed = true
  }
}
