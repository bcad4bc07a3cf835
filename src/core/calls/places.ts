import type { AccountId, PeerId } from '../base/ids.ts'

/** Most places remembered of people who left; the oldest is given up first. */
const rememberedPlaces = 64

/**
 * The order of tiles: first come, first placed. Who comes back takes the place it had, also in another tab (SPEC CA-16).
 */
export class Places {
  #taken: { peer: PeerId; account: AccountId }[] = []

  /** `present` in the order of their places; newcomers behind. */
  arrange<T extends { readonly peer: PeerId; readonly account: AccountId }>(
    present: readonly T[],
  ): readonly T[] {
    const here = new Set(present.map(({ peer }) => peer))
    for (const one of present) {
      if (this.#taken.some(({ peer }) => peer === one.peer)) continue
      const left = this.#taken.findIndex(({ peer, account }) => account === one.account && !here.has(peer))
      const place = { peer: one.peer, account: one.account }
      if (left >= 0) this.#taken[left] = place
      else this.#taken.push(place)
    }
    while (this.#taken.length > rememberedPlaces) {
      const gone = this.#taken.findIndex(({ peer }) => !here.has(peer))
      if (gone < 0) break
      this.#taken.splice(gone, 1)
    }
    const order = new Map(this.#taken.map(({ peer }, place) => [peer, place]))
    return present.toSorted((a, b) => (order.get(a.peer) ?? 0) - (order.get(b.peer) ?? 0))
  }
}
