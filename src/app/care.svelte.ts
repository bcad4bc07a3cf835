import type { FileId } from '../core/base/ids.ts'
import { type Files, type FileView, sealedFileEnding } from '../core/files/index.ts'
import { fileSource } from './file-source.ts'
import { t } from './late-words.ts'
import type { PeopleState } from './people.svelte.ts'
import { showControls } from './safe-name.ts'
import type { SavePlace } from './save-place.ts'
import type { ToastsState } from './toasts.svelte.ts'

/** Makes links to single files of the open room. */
export type FileLinks = (file: FileId) => string

/** What caring for files is made of. */
export interface CareStateInit {
  readonly files: Files
  readonly people: PeopleState
  readonly places: SavePlace
  readonly toasts: ToastsState
  readonly links: FileLinks
}

/**
 * What freeing a file here would cost: `nothing`; `waiting`, since only people who are away have enough of it then; `lost`, since nobody
 * known would have enough of it any more.
 */
export type ForgetCost = 'nothing' | 'waiting' | 'lost'

/** What a person does for a file beyond saving it: keep it, free it, take it back, carry it elsewhere. */
export class CareState {
  readonly #init: CareStateInit

  constructor(init: CareStateInit) {
    this.#init = init
  }

  /** The truth about freeing a file, as far as receipts tell. While its shape is unknown the worst is assumed. */
  forgetCost({ durability }: FileView): ForgetCost {
    const self = this.#init.people.self
    const others = durability.holdings.filter(({ account }) => account !== self)
    const distinct = (list: typeof others): number => uniqueCount(list.flatMap(({ shards }) => shards))
    if (durability.k === 0 || distinct(others) < durability.k) return 'lost'
    return distinct(others.filter(({ reachable }) => reachable)) < durability.k ? 'waiting' : 'nothing'
  }
  /** Frees this device's pieces. */
  async forget(file: FileView): Promise<void> {
    await this.#try(async () => {
      await this.#init.files.forget(file.id)
      this.#good(t('file.forgotten', { name: showControls(file.name) }))
    })
  }

  /** Whether a person of this device posted a file, so that they can take it back. */
  isOwn(file: FileView): boolean {
    return file.owner === this.#init.people.self
  }
  async withdraw(files: readonly FileId[], name: string): Promise<void> {
    await this.#try(async () => {
      await this.#init.files.withdraw(files)
      this.#good(t('file.withdrew', { name: showControls(name) }))
    })
  }

  /** Whether keeping would add anything. */
  canKeep(file: FileView): boolean {
    return !file.isLocal
  }
  async keep(file: FileView): Promise<void> {
    await this.#try(async () => {
      await this.#init.files.keep(file.id)
      this.#good(t('file.keptWhole', { name: showControls(file.name) }))
    })
  }

  /** The link that opens the room at a file. Holds the room's secret. */
  linkTo(file: FileId): string {
    return this.#init.links(file)
  }

  /** Saves a file sealed, with its tiles. */
  async takeOut(file: FileView): Promise<void> {
    await this.#try(async () => {
      const sealed = await this.#init.files.sealed(file.id)
      const { sink, place } = await this.#init.places.download(
        `${file.name}${sealedFileEnding}`,
        sealed.sizeBytes,
      )
      await sealed.write(sink)
      this.#good(t('file.tookOut', { name: place.name }))
    })
  }
  /** Brings in what was saved sealed; each file says for itself what is wrong with it. */
  async takeIn(files: Iterable<File>): Promise<void> {
    for (const file of files) {
      await this.#try(
        async () => {
          const id = await this.#init.files.takeIn(fileSource(file))
          const name = this.#init.files.list().find((view) => view.id === id)?.name ?? file.name
          this.#good(t('file.tookIn', { name: showControls(name) }))
        },
        t('file.notTakenIn', { name: showControls(file.name) }),
      )
    }
  }

  #good(text: string): void {
    this.#init.toasts.show({ tone: 'good', text })
  }

  async #try(work: () => Promise<void>, before = ''): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#init.toasts.problem(error, before)
    }
  }
}

function uniqueCount(numbers: readonly number[]): number {
  return numbers.filter((number, i) => numbers.indexOf(number) === i).length
}
