import { toBase64Url } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { AbortError, errorName, isAbort } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { FileId } from '../base/ids.ts'
import { maxTransfersKept, progressEveryMs } from './constants.ts'
import type { FilesEvents, Transfer, TransferState } from './index.ts'

interface Running {
  readonly stop: AbortController
  /** Resolves when its work is over, however it ended. */
  readonly ended: Promise<void>
  lastEmitAt: number
}

/** One transfer as its worker sees it. */
export interface TransferHandle {
  readonly signal: AbortSignal
  /** Tells a new state; of states of one kind at most ten a second are passed on (FI-8). */
  set(state: TransferState): void
  setFile(file: FileId): void
}

/** The transfers that a person started, running and lately ended. */
export class TransferBook {
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #events: Emitter<FilesEvents>
  readonly #transfers = new Map<string, Transfer>()
  readonly #running = new Map<string, Running>()

  constructor(components: { clock: Clock; random: RandomBytes; events: Emitter<FilesEvents> }) {
    this.#clock = components.clock
    this.#random = components.random
    this.#events = components.events
  }

  list(): readonly Transfer[] {
    return [...this.#transfers.values()]
  }

  /**
   * Runs `work` as a transfer: it ends as done, cancelled or failed, and what it threw is thrown on. `signal` or
   * {@link cancel} stop it.
   */
  async run<T>(
    facts: { direction: 'share' | 'fetch'; name: string; file: FileId | undefined; first: TransferState },
    signal: AbortSignal | undefined,
    work: (handle: TransferHandle) => Promise<T>,
  ): Promise<T> {
    const { first, ...rest } = facts
    const id = toBase64Url(this.#random(9))
    const stop = new AbortController()
    const follow = (): void => stop.abort(signal?.reason)
    if (signal?.aborted === true) follow()
    signal?.addEventListener('abort', follow, { once: true })
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    this.#running.set(id, { stop, ended, lastEmitAt: -Infinity })
    this.#put({ id, ...rest, state: first })
    try {
      const result = await work({
        signal: stop.signal,
        set: (state) => this.#set(id, state),
        setFile: (file) => this.#put({ ...this.#get(id), file }),
      })
      this.#set(id, { kind: 'done' })
      return result
    } catch (error) {
      this.#set(id, failedState(error))
      throw error
    } finally {
      signal?.removeEventListener('abort', follow)
      this.#running.delete(id)
      this.#prune()
      end()
    }
  }

  cancel(id: string): void {
    this.#running.get(id)?.stop.abort(new AbortError('cancelled'))
  }

  /** Cancels all that runs and resolves once it has cleaned up. */
  async stop(): Promise<void> {
    for (const { stop } of this.#running.values()) stop.abort(new AbortError('stopped'))
    await Promise.all([...this.#running.values()].map(({ ended }) => ended))
  }

  #get(id: string): Transfer {
    const transfer = this.#transfers.get(id)
    if (transfer === undefined) throw new AbortError('the transfer is over')
    return transfer
  }

  #set(id: string, state: TransferState): void {
    const before = this.#get(id)
    const running = this.#running.get(id)
    const transfer = { ...before, state }
    this.#transfers.set(id, transfer)
    const now = this.#clock.now()
    const soon = running !== undefined && now - running.lastEmitAt < progressEveryMs
    if (before.state.kind === state.kind && soon) return
    if (running !== undefined) running.lastEmitAt = now
    this.#events.emit('transfer:changed', { transfer })
  }

  #put(transfer: Transfer): void {
    this.#transfers.set(transfer.id, transfer)
    this.#events.emit('transfer:changed', { transfer })
  }

  #prune(): void {
    for (const id of this.#transfers.keys()) {
      if (this.#transfers.size <= maxTransfersKept) return
      if (!this.#running.has(id)) this.#transfers.delete(id)
    }
  }
}

function failedState(error: unknown): TransferState {
  if (isAbort(error)) return { kind: 'cancelled' }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', error: errorName(error), message }
}
