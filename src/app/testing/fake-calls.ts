import { Emitter } from '../../core/base/events.ts'
import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import { NoTurnServerError } from '../../core/calls/errors.ts'
import type {
  CallEvents,
  CallMedia,
  CallRequest,
  Calls,
  CallState,
  LinkQuality,
  LocalMedia,
  OngoingCall,
  Reaction,
  Want,
} from '../../core/calls/index.ts'
import type { CallMediaStreams, CallPreview, CallStreams, PersonStreams } from '../call-streams.ts'

/** Calls that a test or preview plays; verbs are noted in `asked` and change only what a person would see at once. */
export class FakeCalls implements Calls {
  readonly events = new Emitter<CallEvents>()
  readonly asked: string[] = []
  #state: CallState = { kind: 'idle' }
  #local: LocalMedia = { microphone: 'on', camera: 'off', screen: 'off' }
  #ongoing: OngoingCall | undefined
  #hand = false

  async start(): Promise<void> {
    return undefined
  }
  async stop(): Promise<void> {
    return undefined
  }
  state(): CallState {
    return this.#state
  }
  local(): LocalMedia {
    return this.#local
  }
  async ring(account: AccountId, media: CallMedia): Promise<void> {
    this.asked.push('ring')
    this.set({ kind: 'ringing-out', call: 'call' as CallId, account, media })
  }
  #ringing: readonly AccountId[] = []
  ringInto(account: AccountId): void {
    this.asked.push(`ring ${account} into`)
    this.setRinging([...this.#ringing, account])
  }
  ringingInto(): readonly AccountId[] {
    return this.#ringing
  }
  cancelRing(account: AccountId): void {
    this.asked.push(`cancel ring of ${account}`)
    this.setRinging(this.#ringing.filter((one) => one !== account))
  }
  setRinging(accounts: readonly AccountId[]): void {
    this.#ringing = accounts
    this.events.emit('rings:changed', { accounts })
  }
  async accept(media: CallMedia): Promise<void> {
    this.asked.push(media.video ? 'accept video' : 'accept audio')
    if (this.#state.kind === 'ringing-in') {
      const { call, account } = this.#state
      this.set({ kind: 'connecting', call, account, people: [] })
    }
  }
  ongoing(): OngoingCall | undefined {
    return this.#ongoing
  }
  hand(): boolean {
    return this.#hand
  }
  async join(media: CallMedia): Promise<void> {
    this.asked.push(`join${media.audio ? ' audio' : ''}${media.video ? ' video' : ''}`)
    this.set({ kind: 'live', call: 'call' as CallId, account: undefined, since: Date.now(), people: [] })
  }
  async setScreen(on: boolean): Promise<void> {
    this.setLocal({ ...this.#local, screen: on ? 'on' : 'off' })
  }
  async useDevice(kind: 'microphone' | 'camera', device: string): Promise<void> {
    if (device !== '') this.asked.push(`${kind} ${device}`)
  }
  setHand(up: boolean): void {
    this.#hand = up
    this.events.emit('call:changed', { state: this.#state })
  }
  react(emoji: Reaction): void {
    this.asked.push(`react ${emoji}`)
  }
  readonly wants = new Map<PeerId, Want>()
  readonly quality = new Map<PeerId, LinkQuality>()
  want(peer: PeerId, want: Want): void {
    this.wants.set(peer, want)
  }
  qualityOf(peer: PeerId): LinkQuality | undefined {
    return this.quality.get(peer)
  }
  ask(what: CallRequest, peer?: PeerId): void {
    this.asked.push(`ask ${what} ${peer ?? 'all'}`)
  }
  /** Whether the relay has a TURN server. */
  hasTurn = true
  #isRelayOnly = false
  isRelayOnly(): boolean {
    return this.#isRelayOnly
  }
  async setRelayOnly(on: boolean): Promise<void> {
    if (on && !this.hasTurn && this.#state.kind === 'live') throw new NoTurnServerError('no TURN server')
    this.#isRelayOnly = on
    this.events.emit('relay-only:changed', { isOn: on })
  }
  async canRelay(): Promise<boolean> {
    return this.hasTurn
  }
  restart(all: boolean): void {
    this.asked.push(all ? 'restart all' : 'restart')
  }
  decline(): void {
    this.asked.push('decline')
    this.set({ kind: 'idle' })
  }
  hangUp(): void {
    this.asked.push('hang up')
    if (this.#state.kind !== 'idle') {
      const { call, account } = this.#state
      this.set({ kind: 'ended', call, account, reason: 'hung-up', durationMs: 65_000, met: [] })
    }
  }
  dismiss(): void {
    this.set({ kind: 'idle' })
  }
  async setMuted(muted: boolean): Promise<void> {
    this.setLocal({ ...this.#local, microphone: muted ? 'muted' : 'on' })
  }
  async setCamera(on: boolean): Promise<void> {
    this.setLocal({ ...this.#local, camera: on ? 'on' : 'off' })
  }

  set(state: CallState): void {
    this.#state = state
    this.events.emit('call:changed', { state })
  }
  setOngoing(ongoing: OngoingCall | undefined): void {
    this.#ongoing = ongoing
    this.events.emit('ongoing:changed', { ongoing })
  }
  setLocal(local: LocalMedia): void {
    this.#local = local
    this.events.emit('media:changed', { local })
  }
}

/** Streams that a test or preview supplies. */
export class FakeStreams implements CallStreams {
  readonly events = new Emitter<{ 'streams:changed': { call: CallId } }>()
  readonly levels = new Map<PeerId, number>()
  #streams: CallMediaStreams | undefined

  streamsOf(): CallMediaStreams | undefined {
    return this.#streams
  }
  levelOf(_call: CallId, peer: PeerId): number {
    return this.levels.get(peer) ?? 0
  }
  /** What the next preview finds. */
  found: LocalMedia = { microphone: 'on', camera: 'on', screen: 'off' }
  previewStream = new MediaStream()
  openPreviews = 0
  async preview(wanted: CallMedia): Promise<CallPreview> {
    let local: LocalMedia = {
      microphone: wanted.audio ? this.found.microphone : 'muted',
      camera: wanted.video ? this.found.camera : 'off',
      screen: 'off',
    }
    let tell: (local: LocalMedia) => void = () => undefined
    const set = async (change: Partial<LocalMedia>): Promise<void> => {
      local = { ...local, ...change }
      tell(local)
    }
    this.openPreviews += 1
    return {
      stream: this.previewStream,
      local: () => local,
      onLocal: (listener) => void (tell = listener),
      setMuted: (muted) => set({ microphone: muted ? 'muted' : this.found.microphone }),
      setCamera: (on) => set({ camera: on ? this.found.camera : 'off' }),
      close: () => void (this.openPreviews -= 1),
    }
  }
  /** Streams of ours and of others; what is left out is an empty stream. */
  set(streams: {
    local?: MediaStream
    screen?: MediaStream
    people?: Record<string, Partial<PersonStreams>>
  }): void {
    const people = Object.entries(streams.people ?? {}).map(
      ([peer, { main = new MediaStream(), screen = new MediaStream() }]) =>
        [peer as PeerId, { main, screen }] as const,
    )
    const { local = new MediaStream(), screen = new MediaStream() } = streams
    this.#streams = { local, screen, people: new Map(people) }
    this.events.emit('streams:changed', { call: 'call' as CallId })
  }
}
