import type { PeerId } from '../base/ids.ts'
import type { Want } from './adapt.ts'
import type { CallsComponents, LocalMedia, OngoingCall } from './index.ts'
import type { LinkQuality } from './quality.ts'
import type { Reaction } from './reactions.ts'
import type { CallRequest } from './requests.ts'
import type { Stay } from './stay.ts'

/** What one does and sees while in a call: devices, hand, reactions, requests, figures. How one comes in and out is not here. */
export abstract class CallVerbs {
  protected abstract readonly stay: Stay
  readonly #media: CallsComponents['media']

  constructor(media: CallsComponents['media']) {
    this.#media = media
  }

  local(): LocalMedia {
    return this.stay.local
  }
  ongoing(): OngoingCall | undefined {
    return this.stay.ongoing
  }
  hand(): boolean {
    return this.stay.hand
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.stay.group?.local?.setMuted(muted)
  }
  async setCamera(on: boolean): Promise<void> {
    await this.stay.group?.local?.setCamera(on)
  }
  async setScreen(on: boolean): Promise<void> {
    await this.stay.group?.local?.setScreen(on)
  }
  async useDevice(kind: 'microphone' | 'camera', device: string): Promise<void> {
    await this.#media.useDevice(kind, device)
  }
  canRelay(): Promise<boolean> {
    return this.#media.canRelay()
  }

  setHand(up: boolean): void {
    this.stay.setHand(up)
  }
  react(emoji: Reaction): void {
    this.stay.react(emoji)
  }
  ask(what: CallRequest, peer?: PeerId): void {
    this.stay.group?.ask(what, peer)
  }
  want(peer: PeerId, want: Want): void {
    this.stay.group?.want(peer, want)
  }
  qualityOf(peer: PeerId): LinkQuality | undefined {
    return this.stay.group?.qualityOf(peer)
  }
  restart(all: boolean): void {
    this.stay.group?.restart(all)
  }
}
