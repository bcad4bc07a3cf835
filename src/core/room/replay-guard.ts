import { toBase64Url } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import { maxFailuresPerMinute, maxHandshakes, rememberedProofs } from './constants.ts'
import { RateLimitError } from './errors.ts'

/** Names attacks on the handshake and bounds what they cost (SPEC RO-6). */
export class ReplayGuard {
  readonly #clock: Clock
  readonly #proofs = new Set<string>()
  readonly #nonces = new Set<string>()
  readonly #failures = new Map<PeerId, number[]>()
  #running = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Remembers a nonce we sent as initiator. */
  issued(nonce: Uint8Array): void {
    remember(this.#nonces, toBase64Url(nonce))
  }
  wasIssued(nonce: Uint8Array): boolean {
    return this.#nonces.has(toBase64Url(nonce))
  }

  /** True when the proof was shown before; remembers it. */
  wasSeen(proof: Uint8Array): boolean {
    return !remember(this.#proofs, toBase64Url(proof))
  }

  /** Takes a place for one handshake; the returned function gives it back. Throws `RateLimitError`. */
  enter(peer: PeerId): () => void {
    if (this.#running >= maxHandshakes)
      throw new RateLimitError(`more than ${maxHandshakes} handshakes at once`)
    if (this.#recent(peer).length >= maxFailuresPerMinute) throw new RateLimitError('too many failed proofs')
    this.#running += 1
    return () => void (this.#running -= 1)
  }

  failed(peer: PeerId): void {
    this.#failures.set(peer, [...this.#recent(peer), this.#clock.now()])
    const oldest = this.#failures.keys().next()
    if (this.#failures.size > rememberedProofs && oldest.done !== true) this.#failures.delete(oldest.value)
  }

  #recent(peer: PeerId): number[] {
    const since = this.#clock.now() - 60_000
    return (this.#failures.get(peer) ?? []).filter((at) => at > since)
  }
}

/** Adds to a bounded set, oldest out first; false when it was there. */
function remember(set: Set<string>, key: string): boolean {
  if (set.has(key)) return false
  set.add(key)
  const oldest = set.values().next()
  if (set.size > rememberedProofs && oldest.done !== true) set.delete(oldest.value)
  return true
}
