/** How much of a camera a receiver has use for, from nothing upwards. */
export const wants = ['none', 'small', 'medium', 'large'] as const
export type Want = (typeof wants)[number]

/** Until a receiver has said what it wants. */
export const firstWant: Want = 'medium'

/** What one link sends of a picture. */
export interface SendLimits {
  readonly isActive: boolean
  /** Lines of the picture at most; the browser scales down to it. */
  readonly maxHeight: number
  readonly maxKbps: number
  readonly maxFps: number
}

/** Bitrates for 180, 360 and 720 lines as Element Call sets them, frame rates below that of the camera for small tiles. */
const levels: Readonly<Record<Want, SendLimits>> = {
  none: { isActive: false, maxHeight: 180, maxKbps: 50, maxFps: 5 },
  small: { isActive: true, maxHeight: 180, maxKbps: 160, maxFps: 15 },
  medium: { isActive: true, maxHeight: 360, maxKbps: 450, maxFps: 24 },
  large: { isActive: true, maxHeight: 720, maxKbps: 1_700, maxFps: 30 },
}

/** The largest each of so many links may ask for: one encoder and one uplink feed them all. */
function ceilingOf(links: number): Want {
  if (links <= 1) return 'large'
  return links <= 3 ? 'medium' : 'small'
}

/** What a tile of this width in CSS pixels has use for. */
export function wantOf(tileWidth: number): Want {
  if (tileWidth <= 0) return 'none'
  if (tileWidth <= 320) return 'small'
  return tileWidth <= 720 ? 'medium' : 'large'
}

/**
 * What to send on a link: what its receiver asked for, no more than the number of links allows, and a step less for each step the
 * link had to give way.
 */
export function limitsOf(want: Want, links: number, stepsDown: number): SendLimits {
  const most = Math.min(wants.indexOf(want), wants.indexOf(ceilingOf(links)))
  // Giving way ends at the smallest picture; only the receiver, or sound itself, switches it off.
  const level = want === 'none' ? 0 : Math.max(1, most - stepsDown)
  return levels[wants[level] ?? 'none']
}

/** A link gives way at a loss that is heard, and comes back only when all was well for a while: it must not swing. */
const badLoss = 0.08
const goodLoss = 0.02
const downAfterMs = 2_000
const upAfterMs = 10_000
const mostSteps = 2

/** When a link gives way and when it recovers, from the loss its receiver reports. Sound is never touched. */
export class GiveWay {
  #steps = 0
  #badSince: number | undefined
  #goodSince: number | undefined

  get steps(): number {
    return this.#steps
  }

  /** Takes the loss (0 to 1) at `nowMs`; true when the steps have changed. */
  hear(loss: number, nowMs: number): boolean {
    if (loss < badLoss) this.#badSince = undefined
    else this.#badSince ??= nowMs
    if (loss > goodLoss) this.#goodSince = undefined
    else this.#goodSince ??= nowMs
    if (this.#badSince !== undefined && nowMs - this.#badSince >= downAfterMs) return this.#step(1, nowMs)
    if (this.#goodSince !== undefined && nowMs - this.#goodSince >= upAfterMs) return this.#step(-1, nowMs)
    return false
  }

  #step(by: 1 | -1, nowMs: number): boolean {
    const steps = Math.min(mostSteps, Math.max(0, this.#steps + by))
    // The next step needs its full time again.
    if (by === 1) this.#badSince = nowMs
    else this.#goodSince = nowMs
    if (steps === this.#steps) return false
    this.#steps = steps
    return true
  }
}
