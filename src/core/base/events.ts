/** The listening half of an emitter: what a component shows to others. `M` maps event names (`noun:past`) to payloads. */
export interface Events<M extends object> {
  /** Calls `listener` for each event until the returned function is called or `signal` aborts. */
  on<K extends keyof M>(
    name: K,
    listener: (payload: M[K]) => void,
    options?: { signal?: AbortSignal },
  ): () => void
}

/**
 * A small typed emitter. A listener that throws does not stop the others: its error goes to `onError`.
 */
export class Emitter<M extends object> implements Events<M> {
  readonly #listeners = new Map<keyof M, Set<(payload: never) => void>>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void = reportAsync) {
    this.#onError = onError
  }

  on<K extends keyof M>(
    name: K,
    listener: (payload: M[K]) => void,
    options: { signal?: AbortSignal } = {},
  ): () => void {
    if (options.signal?.aborted) return () => {}
    let set = this.#listeners.get(name)
    if (set === undefined) {
      set = new Set()
      this.#listeners.set(name, set)
    }
    // One wrapper a call, so the same function may listen twice and each is removed alone.
    const entry = (payload: never): void => listener(payload)
    set.add(entry)
    const off = (): void => void set.delete(entry)
    options.signal?.addEventListener('abort', off, { once: true })
    return off
  }

  emit<K extends keyof M>(name: K, payload: M[K]): void {
    const set = this.#listeners.get(name)
    if (set === undefined) return
    for (const listener of [...set]) {
      try {
        listener(payload as never) // the map's key ties listener and payload together
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}

function reportAsync(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
