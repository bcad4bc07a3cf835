import type { CallMedia, LocalMedia } from '../core/calls/index.ts'
import type { CallChoices } from './call-choices.svelte.ts'
import type { CallPreview, CallStreams } from './call-streams.ts'
import type { MicMeter } from './mic-meter.ts'

/** A meter that moves this often looks alive. */
const pollMs = 80
const nothing: LocalMedia = { microphone: 'muted', camera: 'off', screen: 'off' }

/** How we would look and sound in a call, before anybody sees it. */
export class PreviewState {
  readonly #streams: CallStreams
  readonly #choices: CallChoices
  readonly #meter: MicMeter
  #devices: CallPreview | undefined
  #local = $state.raw<LocalMedia>(nothing)
  #stream = $state.raw<MediaStream>()
  #level = $state(0)

  constructor(streams: CallStreams, choices: CallChoices, meter: MicMeter) {
    this.#streams = streams
    this.#choices = choices
    this.#meter = meter
  }

  get local(): LocalMedia {
    return this.#local
  }
  get stream(): MediaStream | undefined {
    return this.#stream
  }
  /** Loudness of our microphone, 0 to 1. */
  get level(): number {
    return this.#level
  }
  /** What a call would begin with: what is on now, or before the devices have answered what was chosen last. */
  get media(): CallMedia {
    if (this.#stream === undefined) return this.#choices.media
    return { audio: this.#local.microphone === 'on', video: this.#local.camera === 'on' }
  }

  /** Opens the devices until the returned function is called. */
  open(): () => void {
    const stop = new AbortController()
    const timer = setInterval(() => this.#measure(), pollMs)
    void this.#openDevices(stop.signal)
    return () => {
      stop.abort()
      clearInterval(timer)
      this.#meter.stop()
      this.#devices?.close()
      this.#devices = undefined
      this.#stream = undefined
      this.#local = nothing
      this.#level = 0
    }
  }

  async #openDevices(signal: AbortSignal): Promise<void> {
    const devices = await this.#streams.preview(this.#choices.media)
    if (signal.aborted) return devices.close()
    this.#devices = devices
    this.#stream = devices.stream
    this.#local = devices.local()
    devices.onLocal((local) => (this.#local = local))
  }

  #measure(): void {
    this.#meter.listen(this.#local.microphone === 'on' ? this.#stream?.getAudioTracks()[0] : undefined)
    this.#level = this.#meter.level()
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#devices?.setMuted(muted)
  }
  async setCamera(on: boolean): Promise<void> {
    await this.#devices?.setCamera(on)
  }
}
