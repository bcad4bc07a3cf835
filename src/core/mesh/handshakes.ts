import type { Clock } from '../base/clock.ts'
import { dialTimeoutMs } from './constants.ts'
import { DialError } from './errors.ts'

/** As much of the stream that a handshake goes over as is needed to break it off. */
export interface HandshakeStream {
  abort(error: Error): void
  addEventListener(type: 'close', listener: () => void, options: { once: true }): void
}

interface Handshake {
  readonly stream: HandshakeStream
  readonly isShown: boolean
}

/**
 * Direct links that others have begun to make with us, and whether our end shows its address in them: that is settled as one begins, and
 * outlasts a switch to hidden addresses (SPEC ME-9).
 */
export class Handshakes {
  readonly #clock: Clock
  readonly #begun = new Map<string, Handshake[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param isShown whether links made now show our address */
  begin(peer: string, stream: HandshakeStream, isShown: boolean): void {
    const one = { stream, isShown }
    this.#begun.set(peer, [...(this.#begun.get(peer) ?? []), one])
    // Its link stands a moment after the stream has ended.
    const forget = (): unknown => this.#clock.after(dialTimeoutMs, () => this.#remove(peer, one))
    stream.addEventListener('close', forget, { once: true })
  }

  /** Addresses are hidden from now on: breaks off those that show ours. */
  hide(): void {
    for (const { stream, isShown } of [...this.#begun.values()].flat())
      if (isShown) stream.abort(new DialError('addresses are hidden now'))
  }

  /** A link that a peer has made stands. @returns whether it shows our address */
  made(peer: string): boolean {
    const first = this.#begun.get(peer)?.[0]
    if (first === undefined) return false
    this.#remove(peer, first)
    return first.isShown
  }

  #remove(peer: string, one: Handshake): void {
    const left = this.#begun.get(peer)?.filter((other) => other !== one) ?? []
    if (left.length === 0) this.#begun.delete(peer)
    else this.#begun.set(peer, left)
  }
}
