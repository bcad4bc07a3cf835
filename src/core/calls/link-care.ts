import type { Clock } from '../base/clock.ts'
import type { PeerId } from '../base/ids.ts'
import type { Want } from './adapt.ts'
import { qualityEveryMs } from './constants.ts'
import type { Link } from './link.ts'

/** What all links of a call share: one uplink to divide (SPEC CA-19), one moment to be read at (SPEC CA-20). */
export class LinkCare {
  readonly #clock: Clock
  readonly #links: ReadonlyMap<PeerId, Link>
  readonly #onMeasured: () => void
  /** What our screen has use for of each participant; kept for links that are yet to be made. */
  readonly #wants = new Map<PeerId, Want>()
  #cancel: () => void = () => {}
  #isStopped = false

  constructor(clock: Clock, links: ReadonlyMap<PeerId, Link>, onMeasured: () => void) {
    this.#clock = clock
    this.#links = links
    this.#onMeasured = onMeasured
  }

  /** Asks a participant for so much of its camera. */
  want(peer: PeerId, want: Want): void {
    this.#wants.set(peer, want)
    this.#links.get(peer)?.want(want)
  }
  /** Tells a new link what is wanted of it. */
  tell(link: Link): void {
    const want = this.#wants.get(link.peer)
    if (want !== undefined) link.want(want)
  }
  forget(peer: PeerId): void {
    this.#wants.delete(peer)
  }

  /** What each link may send depends on how many there are. */
  limitAll(): void {
    const links = [...this.#links.values()].filter(({ state }) => state !== 'connecting')
    for (const link of links) link.limit(links.length)
  }

  /** Reads all links once a second from now on. */
  start(): void {
    this.#cancel = this.#clock.after(qualityEveryMs, () => void this.#measure())
  }

  async #measure(): Promise<void> {
    await Promise.allSettled([...this.#links.values()].map((link) => link.measure(this.#links.size)))
    if (this.#isStopped) return
    this.#onMeasured()
    this.start()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }
}
