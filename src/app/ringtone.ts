/** A soft two-note call, made by the sound engine of the page. Rings until stopped, and then is silent at once. */
export class Ringtone {
  readonly #createContext: () => AudioContext
  #context: AudioContext | undefined
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(createContext: () => AudioContext) {
    this.#createContext = createContext
  }

  get isRinging(): boolean {
    return this.#timer !== undefined
  }

  /** Starts to ring. Where the browser wants a click first it stays silent; the picture rings all the same. */
  start(): void {
    if (this.isRinging) return
    try {
      this.#context = this.#createContext()
    } catch {
      // No audio device: the picture rings all the same.
      return
    }
    this.#chime()
    this.#timer = setInterval(() => this.#chime(), chimeEveryMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    // Closing the context cuts notes that are still sounding.
    void this.#context?.close()
    this.#context = undefined
  }

  #chime(): void {
    const context = this.#context
    if (context === undefined) return
    for (const [frequency, delay] of notes) this.#note(context, frequency, context.currentTime + delay)
  }

  #note(context: AudioContext, frequency: number, at: number): void {
    const tone = context.createOscillator()
    const loudness = context.createGain()
    tone.type = 'sine'
    tone.frequency.value = frequency
    loudness.gain.setValueAtTime(0, at)
    loudness.gain.linearRampToValueAtTime(peakGain, at + 0.02)
    loudness.gain.exponentialRampToValueAtTime(0.001, at + noteSeconds)
    tone.connect(loudness).connect(context.destination)
    tone.start(at)
    tone.stop(at + noteSeconds)
  }
}

/** E5 and B4: a falling fourth, in Hz and seconds after the start. */
const notes = [
  [659.3, 0],
  [493.9, 0.28],
] as const
const noteSeconds = 0.9
/** Well below full scale: a ring in headphones must not hurt. */
const peakGain = 0.12
const chimeEveryMs = 2_600
