import { throwIfAborted } from '../base/wait.ts'
import { AbortError } from '../base/errors.ts'

/** Lets at most `width` tasks run at once; others wait in order. */
export class Gate {
  readonly #width: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(width: number) {
    this.#width = Math.max(1, width)
  }

  /** Tasks that run or wait now. */
  get size(): number {
    return this.#running + this.#waiting.length
  }

  /** Runs `task` when there is room. Throws `AbortError` when `signal` fires while waiting. */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    if (this.#running < this.#width) this.#running++
    else await this.#turn(signal)
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next() // the place passes on: `#running` stays
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(new AbortError('a wait for its turn was aborted', { cause: signal?.reason }))
      }
      this.#waiting.push(go)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
