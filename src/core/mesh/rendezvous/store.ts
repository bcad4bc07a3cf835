import type { Clock } from '../../base/clock.ts'
import { maxPerPeer, maxRecords, maxRegistrations, ttlSeconds } from './constants.ts'

interface Kept {
  readonly record: Uint8Array
  readonly expiresAt: number
}

/** Who is registered under which name at a relay; bounded, in memory only, forgotten when its time is over. */
export class RendezvousStore {
  readonly #clock: Clock
  readonly #names = new Map<string, Map<string, Kept>>()
  readonly #perPeer = new Map<string, Set<string>>()
  #size = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Registrations kept now. */
  get size(): number {
    return this.#size
  }

  /** Keeps or renews a registration; false when a bound is reached. */
  add(name: string, peer: string, record: Uint8Array, ttl = ttlSeconds.standard): boolean {
    this.#expire(name)
    const peers = this.#names.get(name) ?? new Map<string, Kept>()
    const names = this.#perPeer.get(peer) ?? new Set<string>()
    if (!peers.has(peer)) {
      if (peers.size >= maxRecords || names.size >= maxPerPeer) return false
      if (this.#size >= maxRegistrations) this.#expireAll()
      if (this.#size >= maxRegistrations) return false
      this.#size += 1
    }
    peers.delete(peer)
    peers.set(peer, { record, expiresAt: this.#clock.now() + ttl * 1000 })
    names.add(name)
    this.#names.set(name, peers)
    this.#perPeer.set(peer, names)
    return true
  }

  remove(name: string, peer: string): void {
    const peers = this.#names.get(name)
    if (peers?.delete(peer) !== true) return
    this.#size -= 1
    if (peers.size === 0) this.#names.delete(name)
    const names = this.#perPeer.get(peer)
    names?.delete(name)
    if (names?.size === 0) this.#perPeer.delete(peer)
  }

  /** A peer that is gone is of no use to others: all its registrations go. */
  removePeer(peer: string): void {
    for (const name of [...(this.#perPeer.get(peer) ?? [])]) this.remove(name, peer)
  }

  /** Newest first. */
  find(name: string, limit: number): readonly { record: Uint8Array; ttl: number }[] {
    this.#expire(name)
    const now = this.#clock.now()
    return [...(this.#names.get(name)?.values() ?? [])]
      .reverse()
      .slice(0, Math.min(limit, maxRecords))
      .map(({ record, expiresAt }) => ({ record, ttl: Math.ceil((expiresAt - now) / 1000) }))
  }

  #expire(name: string): void {
    const now = this.#clock.now()
    for (const [peer, { expiresAt }] of [...(this.#names.get(name) ?? [])]) {
      if (expiresAt <= now) this.remove(name, peer)
    }
  }

  #expireAll(): void {
    for (const name of [...this.#names.keys()]) this.#expire(name)
  }
}
