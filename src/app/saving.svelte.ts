import { SvelteMap } from 'svelte/reactivity'
import { errorName, isAbort } from '../core/base/errors.ts'
import type { FileId } from '../core/base/ids.ts'
import type { Files, FileView } from '../core/files/index.ts'
import type { SavedPlace, SavePlace, SaveTarget } from './save-place.ts'

/** How fetching a file to disk ended, as its card tells. */
export type SaveOutcome =
  | { readonly kind: 'saved'; readonly place: SavedPlace }
  | { readonly kind: 'failed'; readonly error: string; readonly message: string }

/** What saving is made of. */
export interface SavingStateInit {
  readonly files: Files
  readonly places: SavePlace
  /** A save ended, as the history keeps it. */
  readonly onEnd?: (file: FileView, outcome: SaveOutcome | 'cancelled') => void
}

/** Files on their way to this device's disk, and where they went. */
export class SavingState {
  readonly #init: SavingStateInit
  readonly #stop = new AbortController()
  readonly #outcomes = new SvelteMap<FileId, SaveOutcome>()

  constructor(init: SavingStateInit) {
    this.#init = init
  }

  outcome(id: FileId): SaveOutcome | undefined {
    return this.#outcomes.get(id)
  }
  /** Puts the words about an ended save away. */
  dismiss(id: FileId): void {
    this.#outcomes.delete(id)
  }
  get canPickPlace(): boolean {
    return this.#init.places.canPick
  }

  /** Saves a file to the downloads folder, or asks for a place when that cannot take it. */
  async download(file: FileView): Promise<void> {
    await this.#save(file, () => this.#init.places.download(file.name, file.sizeBytes))
  }
  /** Saves a file to a place the person picks. */
  async saveAs(file: FileView): Promise<void> {
    await this.#save(file, () => this.#init.places.pick(file.name, file.sizeBytes))
  }

  /** Whether the place of a saved copy can be shown again. */
  canShow(place: SavedPlace): boolean {
    return this.#init.places.canShow(place)
  }
  /** Opens the system's own view of the folder that a saved copy lies in. */
  async show(id: FileId): Promise<void> {
    const outcome = this.#outcomes.get(id)
    if (outcome?.kind !== 'saved') return
    await this.#init.places.show(outcome.place).catch((error: unknown) => this.#failed(id, error))
  }

  stop(): void {
    this.#stop.abort()
  }

  async #save(file: FileView, target: () => Promise<SaveTarget>): Promise<void> {
    this.#outcomes.delete(file.id)
    try {
      const { sink, place } = await target()
      await this.#init.files.fetch(file.id, sink, { signal: this.#stop.signal })
      const outcome = { kind: 'saved', place } as const
      this.#outcomes.set(file.id, outcome)
      this.#init.onEnd?.(file, outcome)
    } catch (error) {
      this.#failed(file.id, error)
      const outcome = this.#outcomes.get(file.id)
      this.#init.onEnd?.(file, outcome ?? 'cancelled')
    }
  }

  #failed(id: FileId, error: unknown): void {
    if (isAbort(error)) return
    const message = error instanceof Error ? error.message : String(error)
    this.#outcomes.set(id, { kind: 'failed', error: errorName(error), message })
  }
}
