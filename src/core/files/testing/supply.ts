import type { ShardStore } from '../../storage/index.ts'

/**
 * What a holder's store gives out, counted and held back at will: how a test stands in the middle of a fetch however quick
 * the machine is.
 */
export class Supply {
  /** Pieces read so far. */
  served = 0
  #most = Infinity
  #waiting: (() => void)[] = []

  /** Puts itself before the reads of `shards`. */
  constructor(shards: ShardStore) {
    const piece = shards.piece.bind(shards)
    shards.piece = async (...position) => {
      while (this.served >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      this.served++
      return await piece(...position)
    }
  }

  /** Lets so many more pieces out; all there are unless told. */
  allow(pieces = Infinity): void {
    this.#most = this.served + pieces
    for (const go of this.#waiting.splice(0)) go()
  }
}
