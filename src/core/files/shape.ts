import type { CodeShape } from '../ces/index.ts'

/** Most accounts that a spread must reach before the owner may go: more make little safer and keep people waiting. */
const mostHappy = 9

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

/**
 * Over how many accounts a file must be spread before its owner need not keep the source (FI-60), in a room with `others` accounts
 * besides the owner.
 */
export function happyFor(shape: CodeShape, others: number): number {
  return Math.max(1, Math.min(mostHappy, others, shape.n * copiesFor(shape)))
}

/**
 * Up to how many survivable losses, of those reachable, a file is repaired at once (FI-62): 3 of the 8 that 4 of 12 begins with, so
 * that three minutes of repair outrun a room that loses a third an hour. Whole copies are urgent when one is left.
 */
export function urgentMargin(shape: CodeShape): number {
  if (shape.k === 1) return 0
  return Math.max(1, Math.floor((3 * (shape.n - shape.k)) / 8))
}

/** Up to how many survivable losses, of those reachable or away, a file is repaired though nothing presses (FI-62): ¾ n are left. */
export function lazyMargin(shape: CodeShape): number {
  const columns = shape.n * copiesFor(shape)
  return Math.max(urgentMargin(shape), Math.floor((3 * columns) / 4) - shape.k)
}

/** Up to how many survivable losses, of all that are reachable, the owner included, a file is told to be at risk (FI-67). */
export function riskMargin(shape: CodeShape): number {
  return Math.floor((shape.n - shape.k) / 4)
}
