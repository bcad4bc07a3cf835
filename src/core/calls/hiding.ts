import { NoTurnServerError } from './errors.ts'
import type { MediaEngine } from './media.ts'

/** Whether addresses are hidden in calls now, and whether they can be (SPEC CA-22). */
export class Hiding {
  readonly #media: Pick<MediaEngine, 'canRelay'>
  #isOn = false

  constructor(media: Pick<MediaEngine, 'canRelay'>) {
    this.#media = media
  }

  readonly isOn = (): boolean => this.#isOn

  /** Throws `NoTurnServerError` where a hidden call has no way. */
  async check(): Promise<void> {
    if (!(await this.#media.canRelay())) throw new NoTurnServerError('the relay offers no TURN server')
  }

  /** True when it changed. Throws `NoTurnServerError` when a call that goes on could not go on hidden. */
  async set(on: boolean, isInCall: boolean): Promise<boolean> {
    if (on && isInCall) await this.check()
    const isChanged = this.#isOn !== on
    this.#isOn = on
    return isChanged
  }
}
