import { isAbort } from '../core/base/errors.ts'
import type { RandomBytes } from '../core/base/clock.ts'
import type { CesEngine, SelfTestInit, SelfTestResult } from '../core/ces/index.ts'
import { errorWords } from './words.ts'

/** What a person chooses of a check. */
export type SelfTestChoice = Pick<SelfTestInit, 'sizeBytes' | 'lostShards' | 'content'>

/** How far a check is. */
export type SelfTestPhase =
  | { readonly kind: 'idle' }
  /** `done` from 0 to 1. */
  | { readonly kind: 'running'; readonly done: number }
  | { readonly kind: 'done'; readonly choice: SelfTestChoice; readonly result: SelfTestResult }
  /** There is nothing to check with: no worker, no engine. */
  | { readonly kind: 'broken'; readonly words: string }

/** The shape that is checked, the one that the figures of `npm run bench:ces` are for. */
export const selfTestCode = { k: 10, n: 14 } as const

/** The self-test of the file engine, on workers of its own while it runs. */
export class SelfTestState {
  readonly #createEngine: () => Promise<CesEngine>
  readonly #random: RandomBytes
  readonly #now: () => number
  #phase = $state.raw<SelfTestPhase>({ kind: 'idle' })
  #running: AbortController | undefined

  constructor(init: {
    readonly createEngine: () => Promise<CesEngine>
    readonly random: RandomBytes
    readonly now: () => number
  }) {
    this.#createEngine = init.createEngine
    this.#random = init.random
    this.#now = init.now
  }

  get phase(): SelfTestPhase {
    return this.#phase
  }

  /** Runs one check; while one runs, does nothing. */
  async run(choice: SelfTestChoice): Promise<void> {
    if (this.#running !== undefined) return
    const controller = new AbortController()
    this.#running = controller
    this.#phase = { kind: 'running', done: 0 }
    let engine: CesEngine | undefined
    try {
      engine = await this.#createEngine()
      const { runSelfTest } = await import('../core/ces/index.ts')
      const result = await runSelfTest({
        ...choice,
        ...{ engine, code: selfTestCode, random: this.#random, now: this.#now, signal: controller.signal },
        onProgress: (done) => (this.#phase = { kind: 'running', done }),
      })
      this.#phase = { kind: 'done', choice, result }
    } catch (error) {
      this.#phase = isAbort(error) ? { kind: 'idle' } : { kind: 'broken', words: errorWords(error) }
    } finally {
      engine?.stop()
      this.#running = undefined
    }
  }

  /** Ends a running check; nothing is shown of it. */
  cancel(): void {
    this.#running?.abort()
  }
}
