import { AbortError } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'

/** A switch by which a person holds a running transfer back. */
export class PauseSwitch {
  #isPaused = false
  readonly #listeners = new Set<() => void>()

  get isPaused(): boolean {
    return this.#isPaused
  }

  set(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    for (const listener of [...this.#listeners]) listener()
  }

  /** Calls back at each change, until the returned function is called. */
  watch(listener: () => void): () => void {
    const entry = (): void => listener()
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  /** Resolves once it is not paused. Throws `AbortError` when `signal` fires before. */
  async passed(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    if (!this.#isPaused) return
    let stop = (): void => {}
    let onAbort = (): void => {}
    try {
      await new Promise<void>((resolve, reject) => {
        stop = this.watch(resolve)
        onAbort = () => reject(new AbortError('a paused transfer was aborted', { cause: signal.reason }))
        signal.addEventListener('abort', onAbort, { once: true })
      })
    } finally {
      stop()
      signal.removeEventListener('abort', onAbort)
    }
  }
}
