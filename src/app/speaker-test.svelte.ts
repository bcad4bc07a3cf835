/** Where a test of the speaker stands; `gone` and `refused` are of the speaker that was chosen. */
export type SpeakerTestState = 'silent' | 'playing' | 'gone' | 'refused' | 'failed'

/** C5, E5, G5 and again, so that left and right and loudness can be judged: Hz and seconds after the start. */
const notes = [
  [523.3, 0],
  [659.3, 0.4],
  [784, 0.8],
  [523.3, 1.4],
  [659.3, 1.8],
  [784, 2.2],
] as const
const noteSeconds = 0.35
const lastSeconds = 2.7
/** As loud as a voice in a call; a test in headphones must not hurt. */
const peakGain = 0.2

/** What a playing test holds. */
interface Playing {
  readonly context: AudioContext
  readonly element: HTMLAudioElement
  readonly timer: ReturnType<typeof setTimeout>
}

/** A few notes through the chosen speaker, on the same way that voices take: a stream in an audio element. */
export class SpeakerTest {
  readonly #createContext: () => AudioContext
  readonly #createElement: () => HTMLAudioElement
  #playing: Playing | undefined
  #state = $state<SpeakerTestState>('silent')

  constructor(createContext: () => AudioContext, createElement = () => new Audio()) {
    this.#createContext = createContext
    this.#createElement = createElement
  }

  get state(): SpeakerTestState {
    return this.#state
  }

  /** Plays until the notes are over or {@link stop}. @param speaker its id; empty is the system's choice */
  async play(speaker: string): Promise<void> {
    this.stop()
    let playing: Playing | undefined
    try {
      playing = this.#begin()
      this.#playing = playing
      this.#state = 'playing'
      // Not in every engine; where it is missing there was no choice either.
      const { element } = playing as { element: { setSinkId?: (id: string) => Promise<void> } }
      if (speaker !== '') await element.setSinkId?.(speaker)
      if (this.#playing !== playing) return
      await Promise.all([playing.element.play(), playing.context.resume()])
    } catch (error) {
      if (this.#playing !== playing) return // stopped meanwhile: that it did not play is what was wanted
      this.stop()
      this.#state = troubleOf(error)
    }
  }

  #begin(): Playing {
    const context = this.#createContext()
    const out = context.createMediaStreamDestination()
    for (const [frequency, at] of notes) addNote(context, out, frequency, context.currentTime + at)
    const element = this.#createElement()
    element.srcObject = out.stream
    const timer = setTimeout(() => this.stop(), lastSeconds * 1000)
    return { context, element, timer }
  }

  /** Silent at once. Twice is fine. */
  stop(): void {
    const playing = this.#playing
    this.#playing = undefined
    this.#state = 'silent'
    if (playing === undefined) return
    clearTimeout(playing.timer)
    playing.element.pause()
    playing.element.srcObject = null
    void playing.context.close()
  }
}

function addNote(context: AudioContext, out: AudioNode, frequency: number, at: number): void {
  const tone = context.createOscillator()
  const loudness = context.createGain()
  tone.frequency.value = frequency
  loudness.gain.setValueAtTime(0, at)
  loudness.gain.linearRampToValueAtTime(peakGain, at + 0.02)
  loudness.gain.linearRampToValueAtTime(0, at + noteSeconds)
  tone.connect(loudness).connect(out)
  tone.start(at)
  tone.stop(at + noteSeconds)
}

/** As the specification of setSinkId and play name them. */
function troubleOf(error: unknown): SpeakerTestState {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotFoundError') return 'gone'
  return name === 'NotAllowedError' ? 'refused' : 'failed'
}
