/** One value of a line; undefined is a gap. */
export interface SparkSample {
  readonly atMs: number
  readonly value: number | undefined
}

/** A small graph as polylines in a box of {@link sparkWidth} by {@link sparkHeight}. */
export interface Spark {
  /** `points` of each unbroken piece, oldest first. */
  readonly pieces: readonly string[]
  readonly low: number
  readonly high: number
  /** The newest value, while it is of now. */
  readonly now: number | undefined
}

export const sparkWidth = 60
export const sparkHeight = 16
/** Room for the stroke, so that it is not cut at the edges. */
const inset = 1
/** Values come once a second; what is farther apart than this is not joined. */
const gapMs = 2_500

interface Place {
  readonly nowMs: number
  readonly spanMs: number
  /** The least that fills the height, so that noise about nothing does not look like a storm. */
  readonly least: number
}

/** Draws what falls within the last `spanMs`, newest at the right edge; undefined when nothing does. */
export function sparkOf(samples: readonly SparkSample[], { nowMs, spanMs, least }: Place): Spark | undefined {
  const seen = samples.filter(({ atMs }) => atMs > nowMs - spanMs && atMs <= nowMs)
  const values = seen.flatMap(({ value }) => value ?? [])
  if (values.length === 0) return undefined
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const scale = (sparkHeight - 2 * inset) / Math.max(high, least)
  const pieces: [number, number][][] = []
  let before: SparkSample | undefined
  for (const one of seen) {
    const isJoined = before?.value !== undefined && one.atMs - before.atMs <= gapMs
    before = one
    if (one.value === undefined) continue
    const x = sparkWidth - ((nowMs - one.atMs) / spanMs) * sparkWidth
    const point: [number, number] = [x, sparkHeight - inset - one.value * scale]
    if (isJoined) pieces.at(-1)?.push(point)
    else pieces.push([point])
  }
  const last = seen.at(-1)
  const now = last !== undefined && nowMs - last.atMs <= gapMs ? last.value : undefined
  return { pieces: pieces.map(pointsOf), low, high, now }
}

/** A lone point is drawn as a dot: twice, since a line of one point is nothing. */
function pointsOf(piece: readonly [number, number][]): string {
  const [first] = piece
  const points = piece.length === 1 && first !== undefined ? [first, first] : piece
  return points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
}
