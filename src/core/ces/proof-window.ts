import type { Bytes } from '../base/bytes.ts'
import { hashBytes } from './constants.ts'
import { hashPair, siblingOf } from './merkle.ts'

/**
 * What is known of a Merkle tree near one place, enough to prove pieces that were rebuilt there (CES-44). Give it the leaves of
 * three neighbouring segments and one proven path in each: the paths of all leaves of the middle one follow. Holds no more than
 * what it was given and the nodes between.
 */
export class ProofWindow {
  readonly #counts: readonly number[]
  /** Nodes by index, one map for each level, leaves at level 0. */
  readonly #levels: readonly Map<number, Uint8Array>[]

  /** @param leafCount leaves of the whole tree, at least 1 */
  constructor(leafCount: number) {
    const counts = [leafCount]
    for (let count = leafCount; count > 1;) counts.push((count = Math.ceil(count / 2)))
    this.#counts = counts
    this.#levels = counts.map(() => new Map())
  }

  /** Takes the nodes beside the way of a leaf whose path was checked (CES-43). */
  addPath(index: number, path: Uint8Array): void {
    let at = index
    let offset = 0
    for (const [level, count] of this.#counts.entries()) {
      const sibling = siblingOf(at, count)
      if (sibling !== undefined) {
        this.#set(level, sibling, path.slice(offset, offset + hashBytes))
        offset += hashBytes
      }
      at = Math.floor(at / 2)
    }
  }

  /** Takes a leaf that was computed. */
  addLeaf(index: number, leaf: Uint8Array): void {
    this.#set(0, index, leaf)
  }

  /** Sibling nodes from the leaf up, concatenated; undefined while one of them is unknown. Right only if all that was given is. */
  path(index: number): Bytes | undefined {
    const path = new Uint8Array(this.#counts.length * hashBytes)
    let at = index
    let offset = 0
    for (const [level, count] of this.#counts.entries()) {
      const sibling = siblingOf(at, count)
      if (sibling !== undefined) {
        const node = this.#levels[level]?.get(sibling)
        if (node === undefined) return undefined
        path.set(node, offset)
        offset += hashBytes
      }
      at = Math.floor(at / 2)
    }
    return path.slice(0, offset)
  }

  /** Drops nodes that no path of a leaf from `index` on needs. */
  forgetBefore(index: number): void {
    for (const [level, nodes] of this.#levels.entries()) {
      const first = Math.floor(index / 2 ** level)
      // A left neighbour stands beside the way of what is still to come.
      for (const at of nodes.keys()) if ((at | 1) < first) nodes.delete(at)
    }
  }

  /** Keeps a node and every parent that becomes known by it. */
  #set(level: number, index: number, node: Uint8Array): void {
    let at = index
    let value = node
    for (let height = level; height < this.#counts.length; height++) {
      const nodes = this.#levels[height]
      const count = this.#counts[height]
      if (nodes === undefined || count === undefined || nodes.has(at)) return
      nodes.set(at, value)
      const sibling = siblingOf(at, count)
      if (sibling !== undefined) {
        const other = nodes.get(sibling)
        if (other === undefined) return
        value = at % 2 === 0 ? hashPair(value, other) : hashPair(other, value)
      }
      at = Math.floor(at / 2)
    }
  }
}
