/** Events in order of their virtual time; those of one time in the order they were set. A binary heap. */
export class Timeline {
  readonly #heap: { readonly at: number; readonly id: number; readonly run: () => void }[] = []
  #nextId = 0
  now = 0

  after(delayMs: number, run: () => void): void {
    this.#heap.push({ at: this.now + delayMs, id: this.#nextId++, run })
    this.#rise(this.#heap.length - 1)
  }

  /** Runs events up to a time, those they set included. */
  runUntil(end: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= end; first = this.#heap[0]) {
      const last = this.#heap.pop()
      if (last !== undefined && this.#heap.length > 0) {
        this.#heap[0] = last
        this.#sink(0)
      }
      this.now = first.at
      first.run()
    }
    this.now = end
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]]
    return x !== undefined && y !== undefined && (x.at < y.at || (x.at === y.at && x.id < y.id))
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]]
    if (x !== undefined && y !== undefined) [this.#heap[a], this.#heap[b]] = [y, x]
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    for (let at = from; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      let least = at
      if (left < this.#heap.length && this.#isBefore(left, least)) least = left
      if (right < this.#heap.length && this.#isBefore(right, least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }
}

/** Numbers 0 ≤ x < 1 that repeat for a seed (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
