import { leastWeight, mostWeight, weighedFreeBytes, weighedPresenceMs } from './constants.ts'

/** What is known of an account that may take columns. */
export interface CandidateFacts {
  /** What it says it still gives to others; undefined when it has not said. */
  readonly freeBytes: number | undefined
  /** How long it has been here without a break. */
  readonly presentMs: number
}

/**
 * How much likelier than others an account is given a column (FI-61): by the space it says it has and by how long it has been here,
 * since who stayed long stays longer. Bounded both ways, so that a boast gains little and a newcomer is not left out.
 */
export function placementWeight({ freeBytes, presentMs }: CandidateFacts): number {
  const space = freeBytes === undefined ? 1 : freeBytes / weighedFreeBytes
  const stay = Math.max(0, presentMs) / weighedPresenceMs
  return clamp(space, leastWeight, mostWeight) * clamp(stay, leastWeight, mostWeight)
}

function clamp(value: number, least: number, most: number): number {
  // What is no number weighs least.
  return value >= least ? Math.min(value, most) : least
}
