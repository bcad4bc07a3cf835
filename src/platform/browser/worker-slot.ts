import { wrap, type Remote } from 'comlink'
import type { Clock } from '../../core/base/clock.ts'

/** How often a live worker is looked at. A worker idle for a whole one is ended; its memory is some 10 MB. */
const tickMs = 30_000

/**
 * Looks after which a call without an answer counts as lost: 90 to 120 s, for work of well under one. Counted in looks, not in
 * time, so that a computer that slept has not failed its calls.
 */
const maxTicks = 4

interface Live<Api> {
  readonly worker: Worker
  readonly api: Remote<Api>
}

interface Call {
  readonly fail: (error: Error) => void
  ticks: number
}

/** A place for one worker of a kind: it is there when there is work, and ended when there is none. */
export class WorkerSlot<Api> {
  readonly #createWorker: () => Worker
  readonly #clock: Clock
  readonly #failure: (message: string) => Error
  readonly #calls = new Set<Call>()
  #live: Live<Api> | undefined
  #wasIdle = false
  #cancelTick = (): void => {}

  /** @param failure makes the error of calls that the worker lost */
  constructor(createWorker: () => Worker, clock: Clock, failure: (message: string) => Error) {
    this.#createWorker = createWorker
    this.#clock = clock
    this.#failure = failure
  }

  /** Calls sent and not answered. */
  get inFlight(): number {
    return this.#calls.size
  }

  get isAlive(): boolean {
    return this.#live !== undefined
  }

  /** Sends one call, starting the worker first when there is none. Throws what the worker threw, or that it was lost. */
  async run<T>(send: (api: Remote<Api>) => Promise<T>): Promise<T> {
    const { api } = (this.#live ??= this.#start())
    let call: Call | undefined
    const lost = new Promise<never>((_, reject) => {
      call = { fail: reject, ticks: 0 }
      this.#calls.add(call)
    })
    try {
      return await Promise.race([send(api), lost])
    } finally {
      if (call !== undefined) this.#calls.delete(call)
    }
  }

  /** Ends the worker; calls under way fail with `reason`. */
  end(reason: Error): void {
    this.#cancelTick()
    this.#live?.worker.terminate()
    this.#live = undefined
    for (const call of this.#calls) call.fail(reason)
    this.#calls.clear()
  }

  #start(): Live<Api> {
    const worker = this.#createWorker()
    const onCrash = (event: Event): void => {
      event.preventDefault() // told to the callers; not an uncaught error of the page as well
      if (this.#live?.worker !== worker) return
      const detail =
        event instanceof ErrorEvent && event.message !== '' ? event.message : 'it could not start'
      this.end(this.#failure(`a worker crashed: ${detail}`))
    }
    worker.addEventListener('error', onCrash)
    worker.addEventListener('messageerror', onCrash)
    this.#wasIdle = false
    this.#cancelTick = this.#clock.after(tickMs, () => this.#tick())
    return { worker, api: wrap<Api>(worker) }
  }

  /** Ends a worker that has lost a call, or has had none since the last look. */
  #tick(): void {
    const isIdle = this.#calls.size === 0
    const isLost = [...this.#calls].some((call) => ++call.ticks >= maxTicks)
    if (isLost) return this.end(this.#failure('a worker did not answer in time'))
    if (isIdle && this.#wasIdle) return this.end(this.#failure('an idle worker was ended'))
    this.#wasIdle = isIdle
    this.#cancelTick = this.#clock.after(tickMs, () => this.#tick())
  }
}
