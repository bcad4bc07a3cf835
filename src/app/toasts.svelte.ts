import type { Clock } from '../core/base/clock.ts'
import { isAbort } from '../core/base/errors.ts'
import { errorWords } from './words.ts'

/** A short notice at the edge of the screen. */
export interface Toast {
  readonly id: number
  readonly tone: 'info' | 'good' | 'problem'
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void }
}

/** More at once would hide the room; the oldest goes first. */
const maxToasts = 4
/** Long enough to read two lines; problems stay until dismissed. */
const shownMs = 6_000

/** Notices on show now. */
export class ToastsState {
  readonly #clock: Clock
  /** Notices about to leave by themselves. */
  #timers: readonly { readonly id: number; readonly cancel: () => void }[] = []
  #list = $state.raw<readonly Toast[]>([])
  #nextId = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get list(): readonly Toast[] {
    return this.#list
  }

  /** Shows a notice and returns its id. Informing ones leave by themselves. */
  show(toast: Omit<Toast, 'id'>): number {
    const id = this.#nextId++
    const list = [...this.#list, { ...toast, id }]
    for (const old of list.slice(0, -maxToasts)) this.dismiss(old.id)
    this.#list = list.slice(-maxToasts)
    this.resume(id)
    return id
  }

  /** Shows what went wrong in words, with `before` in front. An abort shows nothing. */
  problem(error: unknown, before = ''): void {
    if (isAbort(error)) return
    this.show({ tone: 'problem', text: `${before} ${errorWords(error)}`.trim() })
  }

  dismiss(id: number): void {
    this.hold(id)
    this.#list = this.#list.filter((toast) => toast.id !== id)
  }

  /** Keeps a notice while it is pointed at or focused. */
  hold(id: number): void {
    this.#timers.find((timer) => timer.id === id)?.cancel()
    this.#timers = this.#timers.filter((timer) => timer.id !== id)
  }

  /** Lets a held notice leave again. */
  resume(id: number): void {
    const toast = this.#list.find((known) => known.id === id)
    if (toast === undefined || toast.tone === 'problem') return
    this.hold(id)
    const cancel = this.#clock.after(shownMs, () => this.dismiss(id))
    this.#timers = [...this.#timers, { id, cancel }]
  }
}
