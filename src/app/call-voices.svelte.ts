import type { CallId, PeerId } from '../core/base/ids.ts'
import type { CallStreams } from './call-streams.ts'
import type { MicMeter } from './mic-meter.ts'
import { Speaking } from './speaking.ts'

/** Five times a second is as fast as a ring need move; each time the page waits for the media's threads, once for each link. */
const pollMs = 200
/** Speech into a muted microphone this long is no cough. */
const hintAfterMs = 600
/** Our own loudness is not listened to before: an audio engine of its own takes time that the first pictures need (bench:call). */
const ownAfterMs = 2_000
/** A speaker's own level that counts as speech, matching {@link Speaking}'s. */
const ownSpeechLevel = 0.02

interface Heard {
  readonly call: CallId
  readonly peers: readonly PeerId[]
  readonly microphone: MediaStreamTrack | undefined
  readonly isMuted: boolean
}

/** Who speaks in the call now; polled while a stage is on screen. */
export class CallVoices {
  readonly #streams: CallStreams
  readonly #self: PeerId
  readonly #meter: MicMeter
  #speaking = new Speaking()
  #speakers = $state.raw<readonly string[]>([])
  #floor = $state<string>()
  #talksMuted = $state(false)
  #mutedSince: number | undefined

  constructor(streams: CallStreams, self: PeerId, meter: MicMeter) {
    this.#streams = streams
    this.#self = self
    this.#meter = meter
  }

  isSpeaking(peer: PeerId): boolean {
    return this.#speakers.includes(peer)
  }
  /** Who has spoken at some length last; never ourselves. */
  get floor(): string | undefined {
    return this.#floor
  }
  /** We speak, and nobody hears it. */
  get talksMuted(): boolean {
    return this.#talksMuted
  }

  /** Listens until the returned function is called. @param heard asked anew each time */
  listen(heard: () => Heard): () => void {
    const ownAt = performance.now() + ownAfterMs
    const timer = setInterval(() => this.#poll(heard(), performance.now(), ownAt), pollMs)
    return () => {
      clearInterval(timer)
      this.stop()
    }
  }

  #poll({ call, peers, microphone, isMuted }: Heard, now: number, ownAt: number): void {
    for (const peer of peers) this.#speaking.hear(peer, this.#streams.levelOf(call, peer), now)
    this.#speaking.keep(peers)
    this.#meter.listen(now < ownAt ? undefined : microphone)
    const own = this.#meter.level()
    const isHeard = !isMuted && own >= ownSpeechLevel
    const speakers = [...this.#speaking.speakers(now), ...(isHeard ? [this.#self] : [])]
    if (speakers.join() !== this.#speakers.join()) this.#speakers = speakers
    this.#floor = this.#speaking.floor
    if (!isMuted || own < ownSpeechLevel) this.#mutedSince = undefined
    else this.#mutedSince ??= now
    this.#talksMuted = this.#mutedSince !== undefined && now - this.#mutedSince >= hintAfterMs
  }

  stop(): void {
    this.#meter.stop()
    this.#speaking = new Speaking()
    this.#speakers = []
    this.#floor = undefined
    this.#talksMuted = false
    this.#mutedSince = undefined
  }
}
