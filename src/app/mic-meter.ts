/** How loud our own microphone is, also while it is muted for the others: it listens to a copy of the track. */
export class MicMeter {
  readonly #createContext: () => AudioContext
  #context: AudioContext | undefined
  #track: MediaStreamTrack | undefined
  #copy: MediaStreamTrack | undefined
  #analyser: AnalyserNode | undefined

  constructor(createContext: () => AudioContext) {
    this.#createContext = createContext
  }

  /** Listens to this track from now on; undefined lets go. The same one again changes nothing. */
  listen(track: MediaStreamTrack | undefined): void {
    if (track === this.#track) return
    this.stop()
    if (track === undefined || track.readyState === 'ended') return
    this.#track = track
    try {
      this.#context = this.#createContext()
      const copy = track.clone()
      copy.enabled = true
      this.#copy = copy
      this.#analyser = this.#context.createAnalyser()
      this.#analyser.fftSize = 512
      this.#context.createMediaStreamSource(new MediaStream([copy])).connect(this.#analyser)
    } catch {
      // No audio engine: the meter stays at nothing, the call goes on.
      this.stop()
    }
  }

  /** Loudness now, 0 to 1 (root of the mean square of the last samples). */
  level(): number {
    if (this.#analyser === undefined) return 0
    const samples = new Float32Array(this.#analyser.fftSize)
    this.#analyser.getFloatTimeDomainData(samples)
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
  }

  stop(): void {
    this.#copy?.stop()
    void this.#context?.close()
    this.#track = undefined
    this.#copy = undefined
    this.#analyser = undefined
    this.#context = undefined
  }
}
