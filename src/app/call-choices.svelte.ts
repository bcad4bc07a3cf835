import type { CallMedia } from '../core/calls/index.ts'
import type { Keep } from './shell-ports.ts'

export type DeviceKind = 'microphone' | 'camera' | 'speaker'

/** What a person wants to spend on pictures of others: all, small ones, or none. */
export type Spend = 'all' | 'saver' | 'sound'
export const spends: readonly Spend[] = ['all', 'saver', 'sound']

const spendKey = 'call-spend'
const mediaKey = 'call-media'
const deviceKey = (kind: DeviceKind): string => `call-${kind}`

/** What a person chose for calls on this device: which devices, and whether to begin muted or without a picture. */
export class CallChoices {
  readonly #keep: Keep
  #media = $state.raw<CallMedia>({ audio: true, video: true })
  #spend = $state<Spend>('all')
  #devices = $state.raw<Readonly<Record<DeviceKind, string>>>({ microphone: '', camera: '', speaker: '' })

  constructor(keep: Keep) {
    this.#keep = keep
    const kept = keep.get(mediaKey)
    if (kept !== undefined) this.#media = { audio: kept.includes('audio'), video: kept.includes('video') }
    const spend = keep.get(spendKey)
    this.#spend = spends.find((known) => known === spend) ?? 'all'
    const device = (kind: DeviceKind): string => keep.get(deviceKey(kind)) ?? ''
    this.#devices = { microphone: device('microphone'), camera: device('camera'), speaker: device('speaker') }
  }

  /** Begin with microphone, with camera. */
  get media(): CallMedia {
    return this.#media
  }
  set media(media: CallMedia) {
    this.#media = media
    this.#keep.set(mediaKey, [media.audio ? 'audio' : '', media.video ? 'video' : ''].join(' '))
  }

  get spend(): Spend {
    return this.#spend
  }
  set spend(spend: Spend) {
    this.#spend = spend
    this.#keep.set(spendKey, spend)
  }

  /** The device's id, or empty for the system's choice. */
  device(kind: DeviceKind): string {
    return this.#devices[kind]
  }
  setDevice(kind: DeviceKind, device: string): void {
    this.#devices = { ...this.#devices, [kind]: device }
    this.#keep.set(deviceKey(kind), device)
  }
}
