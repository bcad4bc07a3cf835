import { SvelteSet } from 'svelte/reactivity'
import type { AccountId, FileId } from '../core/base/ids.ts'
import type { Files, FileView, Transfer } from '../core/files/index.ts'
import { fileSource } from './file-source.ts'
import type { PeopleState } from './people.svelte.ts'
import { showControls } from './safe-name.ts'
import { blobSink, type SavePlace } from './save-place.ts'
import { SavingState } from './saving.svelte.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'

/** What the files state is made of. */
export interface FilesStateInit {
  readonly files: Files
  readonly people: PeopleState
  readonly toasts: ToastsState
  readonly places: SavePlace
}

/** A picked file that waits until the one before it is sealed. */
export interface WaitingFile {
  readonly id: number
  readonly name: string
  readonly sizeBytes: number
}

/** Raster images the browser decodes without running anything; SVG is not among them on purpose. */
const previewTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])
/** A preview is decoded in memory, about ten times its size. */
const maxPreviewBytes = 8_000_000

/** The files of a room: what is shared, held, on its way. */
export class FilesState {
  readonly saving: SavingState
  readonly #init: FilesStateInit
  readonly #changed: () => void
  readonly #stop = new AbortController()
  /** Shared in this session, so that closing the tab may lose what others do not hold yet. */
  readonly #sharedHere = new SvelteSet<FileId>()
  /** Files being read for a preview: their transfer is not a person's. */
  readonly #previewing = new SvelteSet<FileId>()
  #queue: { readonly id: number; readonly file: File }[] = []
  #waiting = $state.raw<readonly WaitingFile[]>([])
  #nextId = 0
  #isSharing = false

  constructor(init: FilesStateInit) {
    this.#init = init
    this.saving = new SavingState(init)
    this.#changed = watch(init.files.events, 'file:changed', 'file:removed', 'transfer:changed')
    init.files.events.on(
      'holder:blamed',
      ({ account }) =>
        init.toasts.show({ tone: 'problem', text: t('file.blamed', { name: init.people.nameOf(account) }) }),
      { signal: this.#stop.signal },
    )
    init.files.events.on(
      'file:at-risk',
      ({ file }) => {
        if (file.isLocal) return // whole on this device: others may leave
        init.toasts.show({ tone: 'problem', text: t('file.atRisk', { name: showControls(file.name) }) })
      },
      { signal: this.#stop.signal },
    )
  }

  get list(): readonly FileView[] {
    this.#changed()
    return this.#init.files.list()
  }
  view(id: FileId): FileView | undefined {
    return this.list.find((file) => file.id === id)
  }

  /** Files being locked and cut now; each becomes a card of the timeline when done. */
  get sealing(): readonly Transfer[] {
    this.#changed()
    return this.#init.files.transfers().filter((t) => t.direction === 'share' && t.state.kind === 'sealing')
  }
  /** Picked files whose turn has not come. */
  get waiting(): readonly WaitingFile[] {
    return this.#waiting
  }
  /** The fetch of a file to disk that goes on now. */
  fetching(id: FileId): Transfer | undefined {
    this.#changed()
    if (this.#previewing.has(id)) return undefined
    return this.#init.files
      .transfers()
      .findLast(
        ({ file, direction, state }) =>
          file === id && direction === 'fetch' && (state.kind === 'fetching' || state.kind === 'waiting'),
      )
  }
  /** Shares picked files, one after the other so that memory stays bounded. */
  share(files: Iterable<File>): void {
    for (const file of files) this.#queue.push({ id: this.#nextId++, file })
    void this.#shareNext()
  }
  /** Takes a waiting file out of the queue. */
  unqueue(id: number): void {
    this.#queue = this.#queue.filter((waiting) => waiting.id !== id)
    this.#showQueue()
  }
  cancel(transfer: string): void {
    this.#init.files.cancel(transfer)
  }

  async forget(file: FileView): Promise<void> {
    try {
      await this.#init.files.forget(file.id)
      this.#init.toasts.show({ tone: 'good', text: t('file.forgotten', { name: showControls(file.name) }) })
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }

  /** Whether a file can be shown as a picture without asking anyone for it. */
  canPreview(file: FileView): boolean {
    return file.isLocal && file.sizeBytes <= maxPreviewBytes && previewTypes.has(file.mediaType)
  }
  /** The picture of a previewable file; undefined when it cannot be read after all. */
  async preview(file: FileView, signal: AbortSignal): Promise<Blob | undefined> {
    const { sink, blob } = blobSink(file.mediaType)
    this.#previewing.add(file.id)
    try {
      await this.#init.files.fetch(file.id, sink, { signal })
      return blob()
    } catch {
      // The card says what is wrong with the file as soon as somebody wants to save it.
      return undefined
    } finally {
      this.#previewing.delete(file.id)
    }
  }

  /** Bytes of tiles kept on this device. */
  get keptBytes(): number {
    return this.list.reduce((sum, file) => sum + file.keptBytes, 0)
  }
  /** True while closing the tab would break something off that could still end well. */
  get isBusy(): boolean {
    this.#changed()
    const active = this.#init.files
      .transfers()
      .some(({ state }) => state.kind === 'sealing' || state.kind === 'fetching')
    return active || this.#queue.length > 0 || this.#isSpreading()
  }
  stop(): void {
    this.#stop.abort()
    this.saving.stop()
    this.#queue = []
  }

  #isSpreading(): boolean {
    const self: AccountId = this.#init.people.self
    const hasOthers = this.#init.people.reachable.length > 0
    return (
      hasOthers &&
      this.#init.files
        .list()
        .some(
          ({ id, owner, durability }) =>
            owner === self && this.#sharedHere.has(id) && !durability.safeToClose,
        )
    )
  }

  async #shareNext(): Promise<void> {
    if (this.#isSharing) return
    this.#isSharing = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#showQueue()
      const { file } = next
      try {
        this.#sharedHere.add(await this.#init.files.share(fileSource(file), { signal: this.#stop.signal }))
      } catch (error) {
        this.#init.toasts.problem(error, t('file.shareFailed', { name: showControls(file.name) }))
      }
    }
    this.#isSharing = false
  }

  #showQueue(): void {
    this.#waiting = this.#queue.map(({ id, file }) => ({ id, name: file.name, sizeBytes: file.size }))
  }
}
