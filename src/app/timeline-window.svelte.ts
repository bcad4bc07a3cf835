import type { TimelineEntry } from '../core/chat/index.ts'

/** Rows added at a time when the person scrolls towards a border. */
export const pageRows = 200
/** Most rows drawn at once: beyond, a phone feels every one of them. */
export const maxRows = 600

/** Part of the timeline that is drawn: `start` ≤ index < `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Which part of a long timeline is drawn. At the end it follows new rows; away from it, it stands where it was put, held
 * by the key of its first row, since history can be filled in above and between.
 */
export class TimelineWindow {
  #isAtEnd = $state(true)
  #startKey = $state<string | undefined>()
  #rows = $state(pageRows)

  /** Whether the newest row is in view. */
  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  spanOf(timeline: readonly TimelineEntry[]): Span {
    const length = timeline.length
    if (this.#isAtEnd) return { start: Math.max(0, length - pageRows), end: length }
    const found = timeline.findIndex((entry) => entry.key === this.#startKey)
    const start = found >= 0 ? found : Math.max(0, length - this.#rows)
    return { start, end: Math.min(length, start + this.#rows) }
  }

  /** The person reached the end, or left it: then what is drawn stays, and grows with what comes. */
  setAtEnd(isAtEnd: boolean, timeline: readonly TimelineEntry[]): void {
    const { start } = this.spanOf(timeline)
    this.#isAtEnd = isAtEnd
    if (!isAtEnd) this.#hold(start, maxRows, timeline)
  }

  /** Draws the surroundings of one row, wherever it is. */
  show(index: number, timeline: readonly TimelineEntry[]): void {
    this.#isAtEnd = false
    this.#hold(Math.max(0, index - pageRows / 2), maxRows, timeline)
  }

  /** One page further into the past; rows far below are let go. */
  earlier(timeline: readonly TimelineEntry[]): void {
    const { start } = this.spanOf(timeline)
    this.#isAtEnd = false
    this.#hold(Math.max(0, start - pageRows), maxRows, timeline)
  }

  /** One page closer to now; rows far above are let go. */
  later(timeline: readonly TimelineEntry[]): void {
    const { start, end } = this.spanOf(timeline)
    const newEnd = Math.min(timeline.length, end + pageRows)
    this.#hold(Math.max(start, newEnd - maxRows), maxRows, timeline)
  }

  #hold(start: number, rows: number, timeline: readonly TimelineEntry[]): void {
    this.#startKey = timeline[start]?.key
    this.#rows = rows
  }
}
