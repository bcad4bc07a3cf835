import type { PeerId } from '../core/base/ids.ts'
import type { LinkQuality } from '../core/calls/index.ts'

/** So long a time is remembered and drawn. */
export const historyMs = 60_000
/** Figures come once a second; more than this of one link are not kept whatever happens. */
const maxSamples = 90

/** Figures of one moment, or that there were none from then on. */
export interface FigureSample {
  /** ms on the clock of the reports. */
  readonly atMs: number
  readonly quality: LinkQuality | undefined
}

/** The last minute of every link's figures. A link without figures leaves a gap, never its last value (SPEC CA-20). */
export class LinkHistory {
  readonly #now: () => number
  #samples = new Map<PeerId, readonly FigureSample[]>()

  /** @param now the clock the reports are stamped with */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Notes the figures of now of everyone in the call; who is not in it any more is forgotten. */
  take(peers: readonly PeerId[], qualityOf: (peer: PeerId) => LinkQuality | undefined): void {
    const now = this.#now()
    this.#samples = new Map(peers.map((peer) => [peer, this.#next(peer, qualityOf(peer), now)]))
  }

  #next(peer: PeerId, quality: LinkQuality | undefined, now: number): readonly FigureSample[] {
    const known = this.of(peer).filter(({ atMs }) => atMs > now - historyMs)
    const last = known.at(-1)
    // Figures that were not read anew are not those of now; one gap says as much as many.
    const isNews = quality === undefined ? last?.quality !== undefined : quality.atMs !== last?.quality?.atMs
    return isNews ? [...known, { atMs: quality?.atMs ?? now, quality }].slice(-maxSamples) : known
  }

  of(peer: PeerId): readonly FigureSample[] {
    return this.#samples.get(peer) ?? []
  }

  clear(): void {
    this.#samples.clear()
  }
}
