import { Emitter } from '../../core/base/events.ts'
import type { AccountId, CallId } from '../../core/base/ids.ts'
import type { CallEvents, CallMedia, Calls, CallState, LocalMedia } from '../../core/calls/index.ts'
import type { CallMediaStreams, CallStreams } from '../call-streams.ts'

/** Calls that a test or preview plays; verbs are noted in `asked` and change only what a person would see at once. */
export class FakeCalls implements Calls {
  readonly events = new Emitter<CallEvents>()
  readonly asked: string[] = []
  #state: CallState = { kind: 'idle' }
  #local: LocalMedia = { microphone: 'on', camera: 'off' }

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
  async accept(media: CallMedia): Promise<void> {
    this.asked.push(media.video ? 'accept video' : 'accept audio')
    if (this.#state.kind === 'ringing-in') this.set({ ...this.#state, kind: 'connecting' })
  }
  decline(): void {
    this.asked.push('decline')
    this.set({ kind: 'idle' })
  }
  hangUp(): void {
    this.asked.push('hang up')
    if (this.#state.kind !== 'idle') {
      const { call, account } = this.#state
      this.set({ kind: 'ended', call, account, reason: 'hung-up', durationMs: 65_000 })
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
  setLocal(local: LocalMedia): void {
    this.#local = local
    this.events.emit('media:changed', { local })
  }
}

/** Streams that a test or preview supplies. */
export class FakeStreams implements CallStreams {
  readonly events = new Emitter<{ 'streams:changed': { call: CallId } }>()
  #streams: CallMediaStreams = {}

  streamsOf(): CallMediaStreams {
    return this.#streams
  }
  set(streams: CallMediaStreams): void {
    this.#streams = streams
    this.events.emit('streams:changed', { call: 'call' as CallId })
  }
}
