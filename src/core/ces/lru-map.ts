/** A map that forgets what was used longest ago once it holds more than `limit` values. */
export class LruMap<K, V> {
  readonly #limit: number
  readonly #values = new Map<K, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The value of `key`, made now when it is not there. */
  getOrMake(key: K, make: () => V): V {
    const value = this.#values.has(key) ? (this.#values.get(key) as V) : make() // `has` says it is a V
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#limit) break
      this.#values.delete(oldest)
    }
    return value
  }

  get size(): number {
    return this.#values.size
  }
}
