import type { AccountId } from '../core/base/ids.ts'
import type { CallMedia, Calls, CallState as CoreCallState, LocalMedia } from '../core/calls/index.ts'
import type { CallMediaStreams, CallStreams } from './call-streams.ts'
import type { PrefsState } from './prefs.svelte.ts'
import type { Ringtone } from './ringtone.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'

/** What the call state is made of. */
export interface CallStateInit {
  readonly calls: Calls
  readonly streams: CallStreams
  readonly toasts: ToastsState
  readonly prefs: PrefsState
  readonly ringtone: Ringtone
}

const nothing: CallMediaStreams = {}

/** The call of a room: its state, its streams, its bell. */
export class CallState {
  readonly #init: CallStateInit
  readonly #changed: () => void
  readonly #streamsChanged: () => void
  readonly #stop = new AbortController()
  #isSilenced = $state(false)

  constructor(init: CallStateInit) {
    this.#init = init
    this.#changed = watch(init.calls.events, 'call:changed', 'media:changed')
    this.#streamsChanged = watch(init.streams.events, 'streams:changed')
    init.calls.events.on('call:changed', ({ state }) => this.#bell(state), { signal: this.#stop.signal })
    this.#bell(init.calls.state())
  }

  get now(): CoreCallState {
    this.#changed()
    return this.#init.calls.state()
  }
  get local(): LocalMedia {
    this.#changed()
    return this.#init.calls.local()
  }
  /** Streams of the call that is on now. */
  get streams(): CallMediaStreams {
    this.#streamsChanged()
    const state = this.now
    return state.kind === 'idle' ? nothing : this.#init.streams.streamsOf(state.call)
  }
  /** True from ringing to the last word: a second call cannot begin, the tab should not close. */
  get isBusy(): boolean {
    const { kind } = this.now
    return kind !== 'idle' && kind !== 'ended'
  }
  /** Whether the bell of this ring was silenced. */
  get isSilenced(): boolean {
    return this.#isSilenced
  }

  ring(account: AccountId, media: CallMedia): Promise<void> {
    return this.#attempt(() => this.#init.calls.ring(account, media))
  }
  accept(media: CallMedia): Promise<void> {
    return this.#attempt(() => this.#init.calls.accept(media))
  }
  decline(): void {
    this.#init.calls.decline()
  }
  hangUp(): void {
    this.#init.calls.hangUp()
  }
  dismiss(): void {
    this.#init.calls.dismiss()
  }
  setMuted(muted: boolean): Promise<void> {
    return this.#attempt(() => this.#init.calls.setMuted(muted))
  }
  setCamera(on: boolean): Promise<void> {
    return this.#attempt(() => this.#init.calls.setCamera(on))
  }
  silence(): void {
    this.#isSilenced = true
    this.#init.ringtone.stop()
  }
  stop(): void {
    this.#stop.abort()
    this.#init.ringtone.stop()
  }

  #bell(state: CoreCallState): void {
    if (state.kind !== 'ringing-in') {
      this.#isSilenced = false
      this.#init.ringtone.stop()
    } else if (this.#init.prefs.sounds && !this.#isSilenced) this.#init.ringtone.start()
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }
}
