import type { CodeShape } from '../ces/index.ts'

/**
 * The code of a file shared in a room of `accounts` people, ourselves included (FI-10).
 * One to four people get whole copies (1 of 1, see {@link copiesFor}); more get columns, one per other account at most.
 */
export function shapeFor(accounts: number): CodeShape {
  const others = Math.max(0, accounts - 1)
  if (accounts <= 4) return { k: 1, n: 1 }
  if (accounts <= 8) return { k: 2, n: Math.min(6, others) }
  if (accounts <= 15) return { k: 3, n: Math.min(9, others) }
  return { k: 4, n: Math.min(12, others) }
}

/** On how many accounts besides the owner each column belongs: whole copies (k = 1) on two, coded columns on one (FI-11). */
export function copiesFor(shape: CodeShape): number {
  return shape.k === 1 ? 2 : 1
}
