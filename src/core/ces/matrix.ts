import { invert, multiply } from './gf256.ts'

/** A matrix over GF(2^8): rows of equal length. Never changed once made, so kernels may remember tables for it. */
export type Matrix = readonly Uint8Array[]

/**
 * For each of `points`, the row that gives the value there, from the values at `nodes`, of the one polynomial of lesser degree
 * than there are nodes: Lagrange's basis.
 *
 * This is all of the code. A column of shards is the values at 0, 1, 2 … of the polynomial through its data bytes (CES-51), so
 * `rowsAt([0..k−1], [k..n−1])` are the parity rows, and `rowsAt(have, missing)` the rows of the inverse that rebuild what is
 * missing (CES-52): the same numbers that inverting the matrix gives, in k² steps instead of k³.
 *
 * @param nodes different numbers below 256
 * @param points numbers below 256, none of them a node
 */
export function rowsAt(nodes: readonly number[], points: readonly number[]): Matrix {
  const weights = nodes.map((node) => invert(productOfOthers(nodes, node)))
  return points.map((point) => {
    const all = productOfOthers(nodes, point)
    return Uint8Array.from(nodes, (node, i) => multiply(multiply(all, invert(point ^ node)), weights[i] ?? 0))
  })
}

/** Product of the differences of `at` to every node but itself. */
function productOfOthers(nodes: readonly number[], at: number): number {
  return nodes.reduce((product, node) => (node === at ? product : multiply(product, at ^ node)), 1)
}
