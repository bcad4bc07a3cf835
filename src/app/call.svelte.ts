import type { AccountId, PeerId } from '../core/base/ids.ts'
import { wantOf } from '../core/calls/adapt.ts'
import type {
  CallMedia,
  CallRequest,
  Calls,
  CallState as CoreCallState,
  LinkQuality,
  LocalMedia,
  OngoingCall,
  Reaction,
  RingIntoOutcome,
} from '../core/calls/index.ts'
import { CallChoices } from './call-choices.svelte.ts'
import { keepAwake, watchNetwork, watchSight } from './call-page.ts'
import type { CallMediaStreams, CallStreams } from './call-streams.ts'
import { CallVoices } from './call-voices.svelte.ts'
import { LinkHistory, type FigureSample } from './link-history.ts'
import { MicMeter } from './mic-meter.ts'
import type { PrefsState } from './prefs.svelte.ts'
import type { Ringtone } from './ringtone.ts'
import type { Keep } from './shell-ports.ts'
import { PreviewState } from './preview.svelte.ts'
import { SpeakerTest } from './speaker-test.svelte.ts'
import { StageState } from './stage.svelte.ts'
import type { StageTile } from './stage-tiles.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'

/** What the call state is made of. */
export interface CallStateInit {
  readonly calls: Calls
  readonly streams: CallStreams
  readonly self: { readonly peer: PeerId; readonly account: AccountId }
  readonly nameOf: (account: AccountId) => string
  readonly toasts: ToastsState
  readonly prefs: PrefsState
  readonly ringtone: Ringtone
  readonly keep: Keep
  readonly createAudio: () => AudioContext
}

/** A reaction that floats over the stage for a moment. */
export interface ShownReaction {
  readonly id: number
  readonly account: AccountId
  readonly emoji: Reaction
}

/** Up to so many others every tile carries a picture, seen or not: the wait for it would be noticed more than its cost. */
const crowd = 4
/** A reaction is seen this long. */
const reactionMs = 4_000
/** More at once would hide the people. */
const maxReactions = 12

/** The call of a room: its state, its streams, its bell. */
export class CallState {
  readonly choices: CallChoices
  readonly stage: StageState
  readonly voices: CallVoices
  readonly preview: PreviewState
  readonly speakerTest: SpeakerTest
  readonly #init: CallStateInit
  readonly #changed: () => void
  readonly #streamsChanged: () => void
  readonly #qualityChanged: () => void
  readonly #stop = new AbortController()
  readonly #history = new LinkHistory(() => performance.now())
  #isSilenced = $state(false)
  #isPreparing = $state(false)
  #isTalking = $state(false)
  #isPageSeen = $state(true)
  #reactions = $state.raw<readonly ShownReaction[]>([])
  #nextReaction = 0
  #wake: (() => void) | undefined

  constructor(init: CallStateInit) {
    this.#init = init
    const { calls, streams } = init
    this.#changed = watch(calls.events, 'call:changed', 'media:changed', 'ongoing:changed', 'rings:changed')
    this.#streamsChanged = watch(streams.events, 'streams:changed')
    this.#qualityChanged = watch(calls.events, 'quality:changed', 'call:changed')
    this.choices = new CallChoices(init.keep)
    this.stage = new StageState(this, init.self)
    this.voices = new CallVoices(streams, init.self.peer, new MicMeter(init.createAudio))
    this.preview = new PreviewState(streams, this.choices, new MicMeter(init.createAudio))
    this.speakerTest = new SpeakerTest(init.createAudio)
    const { signal } = this.#stop
    calls.events.on('call:changed', ({ state }) => this.#follow(state), { signal })
    calls.events.on('quality:changed', () => this.#remember(), { signal })
    calls.events.on('reaction:shown', ({ account, emoji }) => this.#float(account, emoji), { signal })
    calls.events.on('ring:ended', ({ account, outcome }) => this.#rungInto(account, outcome), { signal })
    calls.events.on('request:heard', ({ account, what }) => this.#askedTo(account, what), { signal })
    for (const kind of ['microphone', 'camera'] as const)
      void calls.useDevice(kind, this.choices.device(kind))
    watchNetwork((all) => calls.restart(all), signal)
    watchSight((isSeen) => (this.#isPageSeen = isSeen), signal)
    this.#follow(calls.state())
  }

  get now(): CoreCallState {
    this.#changed()
    return this.#init.calls.state()
  }
  get local(): LocalMedia {
    this.#changed()
    return this.#init.calls.local()
  }
  /** The call that goes on in the room, whether we are in it or not. */
  get ongoing(): OngoingCall | undefined {
    this.#changed()
    return this.#init.calls.ongoing()
  }
  get hand(): boolean {
    this.#changed()
    return this.#init.calls.hand()
  }
  /** Streams of the call that is on now. */
  get streams(): CallMediaStreams | undefined {
    this.#streamsChanged()
    const state = this.now
    return state.kind === 'idle' ? undefined : this.#init.streams.streamsOf(state.call)
  }
  /** What a tile shows; undefined while nothing has come. */
  streamOf(tile: StageTile): MediaStream | undefined {
    const isScreen = tile.kind === 'screen'
    const { streams } = this
    if (tile.isSelf) return isScreen ? streams?.screen : streams?.local
    const theirs = streams?.people.get(tile.peer)
    return isScreen ? theirs?.screen : theirs?.main
  }
  /** Whom we ring into our call now. */
  get ringingInto(): readonly AccountId[] {
    this.#changed()
    return this.#init.calls.ringingInto()
  }
  /** Whether this person could be rung into our call: they are not in it. */
  canRingInto(account: AccountId): boolean {
    const { now } = this
    return now.kind === 'live' && now.people.every((one) => one.account !== account)
  }
  /** How well a participant comes through now; undefined while there is nothing true to say. */
  qualityOf(peer: PeerId): LinkQuality | undefined {
    this.#qualityChanged()
    return this.#init.calls.qualityOf(peer)
  }
  /** Figures of a participant's link over the last minute, with gaps where there were none. */
  historyOf(peer: PeerId): readonly FigureSample[] {
    this.#qualityChanged()
    return this.#history.of(peer)
  }
  /**
   * Asks a participant for as much of its camera as a tile has use for, within what the person wants to spend. Beyond four
   * others only tiles that are in view carry a picture; while the page is hidden only one that floats over other windows.
   */
  showsTile(peer: PeerId, width: number, isInView: boolean, isFloating: boolean): void {
    const { now, choices } = this
    const others = now.kind === 'live' || now.kind === 'connecting' ? now.people.length : 0
    const isNeeded = isFloating || (this.#isPageSeen && (isInView || others <= crowd))
    const want = !isNeeded || choices.spend === 'sound' ? 'none' : wantOf(width)
    this.#init.calls.want(peer, choices.spend === 'saver' && want !== 'none' ? 'small' : want)
  }
  /** A person we do not want to see sends us no picture. */
  showsNothingOf(account: AccountId): void {
    const { now } = this
    if (now.kind !== 'live') return
    for (const one of now.people) if (one.account === account) this.#init.calls.want(one.peer, 'none')
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
  /** The preview before joining is open. */
  get isPreparing(): boolean {
    return this.#isPreparing && !this.isBusy
  }
  /** The microphone is open only while the key is held. */
  get isTalking(): boolean {
    return this.#isTalking
  }
  get reactions(): readonly ShownReaction[] {
    return this.#reactions
  }

  ring(account: AccountId, media: CallMedia): Promise<void> {
    return this.#attempt(() => this.#init.calls.ring(account, media))
  }
  /** Asks a further person to come into our call. */
  ringInto(account: AccountId): Promise<void> {
    return this.#attempt(async () => this.#init.calls.ringInto(account))
  }
  cancelRing(account: AccountId): void {
    this.#init.calls.cancelRing(account)
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
  /** Opens the preview: nothing is sent yet. */
  prepare(): void {
    this.dismiss()
    this.#isPreparing = true
  }
  giveUp(): void {
    this.#isPreparing = false
  }
  /** Goes into the room's call with what was chosen in the preview. */
  async join(media: CallMedia): Promise<void> {
    this.#isPreparing = false
    this.choices.media = media
    await this.#attempt(() => this.#init.calls.join(media))
  }
  setMuted(muted: boolean): Promise<void> {
    this.#isTalking = false
    this.choices.media = { ...this.choices.media, audio: !muted }
    return this.#attempt(() => this.#init.calls.setMuted(muted))
  }
  setCamera(on: boolean): Promise<void> {
    this.choices.media = { ...this.choices.media, video: on }
    return this.#attempt(() => this.#init.calls.setCamera(on))
  }
  setScreen(on: boolean): Promise<void> {
    return this.#attempt(() => this.#init.calls.setScreen(on))
  }
  useDevice(kind: 'microphone' | 'camera', device: string): Promise<void> {
    this.choices.setDevice(kind, device)
    return this.#attempt(() => this.#init.calls.useDevice(kind, device))
  }
  setHand(up: boolean): void {
    this.#init.calls.setHand(up)
  }
  react(emoji: Reaction): void {
    this.#init.calls.react(emoji)
  }
  /** Asks a participant, or all: words on their screens, no more. */
  ask(what: CallRequest, peer?: PeerId): void {
    this.#init.calls.ask(what, peer)
  }
  /** Push-to-talk: opens a muted microphone while held, and closes only what it opened. */
  async talk(held: boolean): Promise<void> {
    if (held === this.#isTalking || (held && this.local.microphone !== 'muted')) return
    this.#isTalking = held
    await this.#attempt(() => this.#init.calls.setMuted(!held))
  }
  silence(): void {
    this.#isSilenced = true
    this.#init.ringtone.stop()
  }
  stop(): void {
    this.#stop.abort()
    this.#init.ringtone.stop()
    this.voices.stop()
    this.#wake?.()
  }

  #follow(state: CoreCallState): void {
    if (state.kind !== 'ringing-in') {
      this.#isSilenced = false
      this.#init.ringtone.stop()
    } else if (this.#init.prefs.sounds && !this.#isSilenced) this.#init.ringtone.start()
    const isOn = state.kind === 'connecting' || state.kind === 'live'
    if (isOn) this.#remember()
    else this.#history.clear()
    if (isOn) this.#wake ??= keepAwake()
    else {
      this.#wake?.()
      this.#wake = undefined
      this.#isTalking = false
    }
  }

  /** Also when a link broke: the gap begins at once. */
  #remember(): void {
    const state = this.#init.calls.state()
    if (state.kind !== 'live' && state.kind !== 'connecting') return
    this.#history.take(
      state.people.map(({ peer }) => peer),
      (peer) => this.#init.calls.qualityOf(peer),
    )
  }

  #askedTo(account: AccountId, what: CallRequest): void {
    const isMuted = this.local.microphone !== 'on'
    // Asked for what is so already: nothing to decide.
    if ((what === 'mute') === isMuted) return
    const name = this.#init.nameOf(account)
    this.#init.toasts.show({
      tone: 'info',
      text: what === 'mute' ? t('call.askedMute', { name }) : t('call.askedSpeak', { name }),
      action: {
        label: what === 'mute' ? t('call.mute') : t('call.unmute'),
        run: () => void this.setMuted(what === 'mute'),
      },
    })
  }

  #rungInto(account: AccountId, outcome: RingIntoOutcome): void {
    // Who comes in is seen, and what we cancelled ourselves is known.
    if (outcome === 'accepted' || outcome === 'cancelled') return
    const name = this.#init.nameOf(account)
    this.#init.toasts.show({ tone: 'info', text: t(`call.rungInto.${outcome}`, { name }) })
  }

  #float(account: AccountId, emoji: Reaction): void {
    const id = this.#nextReaction++
    this.#reactions = [...this.#reactions, { id, account, emoji }].slice(-maxReactions)
    setTimeout(() => {
      this.#reactions = this.#reactions.filter((shown) => shown.id !== id)
    }, reactionMs)
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }
}
