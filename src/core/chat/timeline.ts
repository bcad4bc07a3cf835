import type { AccountId } from '../base/ids.ts'
import { compareTimes, type HybridTime } from './hybrid-clock.ts'
import type { TimelineEntry } from './index.ts'

/** Where a row stands: by hybrid clock, then author, then position in the author's log. */
export interface RowPlace {
  readonly time: HybridTime
  readonly author: AccountId
  /** Position in the author's log; `Infinity` while not signed. */
  readonly seq: number
}

export interface Row extends RowPlace {
  readonly entry: TimelineEntry
}

/** From this many rows on a batch is merged in one pass; below it each is inserted where it belongs. */
const mergeFrom = 64

function compare(a: RowPlace, b: RowPlace): number {
  const byTime = compareTimes(a.time, b.time)
  if (byTime !== 0) return byTime
  if (a.author !== b.author) return a.author < b.author ? -1 : 1
  return a.seq === b.seq ? 0 : a.seq - b.seq
}

/** The rows of a room in order, kept in order as they come. */
export class Timeline {
  #rows: Row[] = []
  readonly #byKey = new Map<string, Row>()
  #snapshot: readonly TimelineEntry[] | undefined

  /** A new array after every change, the same one between changes. */
  entries(): readonly TimelineEntry[] {
    this.#snapshot ??= this.#rows.map((row) => row.entry)
    return this.#snapshot
  }

  get(key: string): Row | undefined {
    return this.#byKey.get(key)
  }

  /** Adds rows; one whose key is there already replaces it. Sorts `rows` in place and gives it back. */
  add(rows: Row[]): readonly Row[] {
    for (const row of rows) {
      this.remove(row.entry.key)
      this.#byKey.set(row.entry.key, row)
    }
    rows.sort(compare)
    if (rows.length < mergeFrom) for (const row of rows) this.#rows.splice(this.#indexFor(row), 0, row)
    else this.#rows = merge(this.#rows, rows)
    this.#snapshot = undefined
    return rows
  }

  remove(key: string): Row | undefined {
    const row = this.#byKey.get(key)
    if (row === undefined) return undefined
    this.#byKey.delete(key)
    this.#rows.splice(this.#indexOf(row), 1)
    this.#snapshot = undefined
    return row
  }

  /** Changes what a row shows, not where it stands. */
  update(row: Row, entry: TimelineEntry): Row {
    const changed = { ...row, entry }
    this.#rows[this.#indexOf(row)] = changed
    this.#byKey.set(entry.key, changed)
    this.#snapshot = undefined
    return changed
  }

  /** Index after every row that is not later than `place`. */
  #indexFor(place: RowPlace): number {
    let low = 0
    let high = this.#rows.length
    // Nearly every row is the newest.
    const last = this.#rows.at(-1)
    if (last === undefined || compare(last, place) <= 0) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = this.#rows[middle]
      if (row !== undefined && compare(row, place) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #indexOf(row: Row): number {
    // Unsigned rows of one author may share a place: look back from the last equal one.
    for (let i = this.#indexFor(row) - 1; i >= 0; i--) if (this.#rows[i] === row) return i
    throw new RangeError('row is not on the timeline')
  }
}

function merge(a: readonly Row[], b: readonly Row[]): Row[] {
  const out: Row[] = []
  let j = 0
  for (const row of a) {
    for (let next = b[j]; next !== undefined && compare(next, row) < 0; next = b[++j]) out.push(next)
    out.push(row)
  }
  for (const row of b.slice(j)) out.push(row)
  return out
}
