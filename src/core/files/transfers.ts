import { toBase64Url } from '../base/bytes.ts'
import type { Clock, RandomBytes } from '../base/clock.ts'
import { AbortError, errorName, isAbort } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import type { FileId } from '../base/ids.ts'
import { maxTransfersKept, progressEveryMs } from './constants.ts'
import { TransferRunningError } from './errors.ts'
import type { FilesEvents, Progress, Transfer, TransferState } from './index.ts'
import { PauseSwitch } from './pause.ts'

interface Running {
  readonly stop: AbortController
  readonly pause: PauseSwitch
  /** A person ended it, not the program. */
  isCancelled: boolean
  /** What it was doing when it was paused, or would be doing by now. */
  behind: TransferState | undefined
  /** How it ends when it is aborted and was not cancelled. */
  endsAs: TransferState
  /** Resolves when its work is over, however it ended. */
  readonly ended: Promise<void>
  lastEmitAt: number
}

/** One transfer as its worker sees it. */
export interface TransferHandle {
  readonly signal: AbortSignal
  readonly pause: PauseSwitch
  /** Whether a person ended it; otherwise an abort is the program's. */
  readonly isCancelled: boolean
  /** Says how it ends when the program aborts it. */
  endAs(state: TransferState): void
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

  get(id: string): Transfer | undefined {
    return this.#transfers.get(id)
  }

  /** Whether something is done with a file just now. */
  isRunning(file: FileId): boolean {
    return this.list().some((transfer) => transfer.file === file && this.#running.has(transfer.id))
  }

  /** Shows what an earlier run left unfinished. */
  addInterrupted(facts: {
    readonly direction: 'fetch' | 'keep'
    readonly file: FileId
    readonly name: string
    readonly progress: Progress
  }): string {
    const { direction, file, name, progress } = facts
    const id = this.#newId()
    this.#put({ id, direction, name, file, state: { kind: 'interrupted', progress } })
    return id
  }

  /** The row of a fetch, or keep, of this file that was interrupted. */
  interrupted(file: FileId, direction: 'fetch' | 'keep'): string | undefined {
    const isIt = (transfer: Transfer): boolean =>
      transfer.file === file && transfer.direction === direction && transfer.state.kind === 'interrupted'
    return this.list().find(isIt)?.id
  }

  /** Takes the row of an interrupted one away. */
  remove(id: string): void {
    if (!this.#running.has(id)) this.#transfers.delete(id)
  }

  /** An interrupted one was given up. */
  discard(id: string): void {
    if (!this.#running.has(id)) this.#set(id, { kind: 'cancelled' })
  }

  /**
   * Runs `work` as a transfer: it ends as done, cancelled, interrupted or failed, and what it threw is thrown on. `signal` or
   * {@link cancel} stop it. With an `id` it takes the place of that one, which must not run.
   */
  async run<T>(
    facts: {
      readonly id?: string | undefined
      readonly direction: Transfer['direction']
      readonly name: string
      readonly file: FileId | undefined
      readonly first: TransferState
    },
    signal: AbortSignal | undefined,
    work: (handle: TransferHandle) => Promise<T>,
  ): Promise<T> {
    const { first, id = this.#newId(), ...rest } = facts
    if (this.#running.has(id)) throw new TransferRunningError('the transfer runs already')
    let end = (): void => {}
    const running: Running = {
      ...{ stop: new AbortController(), pause: new PauseSwitch(), lastEmitAt: -Infinity },
      ...{ isCancelled: false, behind: undefined, endsAs: { kind: 'cancelled' } },
      ended: new Promise<void>((resolve) => (end = resolve)),
    }
    const follow = (): void => running.stop.abort(signal?.reason)
    if (signal?.aborted === true) follow()
    signal?.addEventListener('abort', follow, { once: true })
    this.#running.set(id, running)
    this.#put({ id, ...rest, state: first })
    try {
      const result = await work(this.#handle(id, running))
      this.#set(id, { kind: 'done' })
      return result
    } catch (error) {
      this.#set(id, endState(error, running))
      throw error
    } finally {
      signal?.removeEventListener('abort', follow)
      this.#running.delete(id)
      this.#prune()
      end()
    }
  }

  #handle(id: string, running: Running): TransferHandle {
    return {
      signal: running.stop.signal,
      pause: running.pause,
      get isCancelled() {
        return running.isCancelled
      },
      endAs: (state) => (running.endsAs = state),
      set: (state) => this.#go(id, running, state),
      setFile: (file) => this.#put({ ...this.#get(id), file }),
    }
  }

  /** A new state of running work; while it is paused only its progress shows. */
  #go(id: string, running: Running, state: TransferState): void {
    running.behind = state
    if (!running.pause.isPaused) this.#set(id, state)
    else if (state.kind === 'fetching') this.#set(id, { kind: 'paused', progress: state.progress })
  }

  /** Holds a fetch back, or lets it go on. Nothing else can be paused. */
  setPaused(id: string, isPaused: boolean): void {
    const running = this.#running.get(id)
    const transfer = this.#transfers.get(id)
    if (running === undefined || transfer === undefined || !isFetching(transfer)) return
    if (running.pause.isPaused === isPaused) return
    const before = running.behind ?? transfer.state
    running.behind = before
    if (isPaused) this.#set(id, { kind: 'paused', progress: progressOf(before) })
    running.pause.set(isPaused)
    if (!isPaused) this.#set(id, running.behind)
  }

  cancel(id: string): void {
    const running = this.#running.get(id)
    if (running === undefined) return
    running.isCancelled = true
    running.stop.abort(new AbortError('cancelled'))
  }

  #newId(): string {
    return toBase64Url(this.#random(9))
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
    for (const [id, { state }] of this.#transfers) {
      if (this.#transfers.size <= maxTransfersKept) return
      if (!this.#running.has(id) && state.kind !== 'interrupted') this.#transfers.delete(id)
    }
  }
}

/** Whether it takes from holders, and so can be held back. */
function isFetching({ direction }: Transfer): boolean {
  return direction === 'fetch' || direction === 'keep'
}

function endState(error: unknown, { isCancelled, endsAs }: Running): TransferState {
  if (isAbort(error)) return isCancelled ? { kind: 'cancelled' } : endsAs
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', error: errorName(error), message }
}

/** The progress of a state, as far as it tells one. */
function progressOf(state: TransferState): Progress {
  if ('progress' in state) return state.progress
  return { doneBytes: 0, totalBytes: 0, bytesPerSecond: 0, secondsLeft: undefined }
}
