import type { Clock } from '../base/clock.ts'
import { firstLookMs } from './constants.ts'

interface FirstLookInit {
  readonly clock: Clock
  /** Whether everyone who is known was tried once. */
  readonly hasTriedAll: () => boolean
  readonly onOver: () => void
}

/** The first look around in a room: until it is over, nobody there means nothing (SPEC RO-12). */
export class FirstLook {
  readonly #init: FirstLookInit
  #hasAsked = false
  #isOver = false
  #cancel: () => void = () => undefined

  constructor(init: FirstLookInit) {
    this.#init = init
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The relays have said whom they know, or will not. */
  asked(): void {
    if (this.#hasAsked) return
    this.#hasAsked = true
    this.#cancel = this.#init.clock.after(firstLookMs, () => this.#end())
    this.tried()
  }

  /** Somebody was tried. */
  tried(): void {
    if (this.#hasAsked && !this.#isOver && this.#init.hasTriedAll()) this.#end()
  }

  stop(): void {
    this.#cancel()
  }

  #end(): void {
    this.#cancel()
    this.#isOver = true
    this.#init.onOver()
  }
}
