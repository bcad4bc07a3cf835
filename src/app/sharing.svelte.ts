import { SvelteSet } from 'svelte/reactivity'
import type { AccountId, FileId } from '../core/base/ids.ts'
import { maxFolderBodyBytes, maxPersonalBytes } from '../core/chat/index.ts'
import type { Files, FileSource, Transfer } from '../core/files/index.ts'
import { folderParts, type Picked, type PickedFolder } from './dropped.ts'
import { fileSource } from './file-source.ts'
import { t } from './late-words.ts'
import { showControls } from './safe-name.ts'
import type { ToastsState } from './toasts.svelte.ts'

/** A picked file or folder that waits until the one before it is sealed. */
export interface WaitingShare {
  readonly id: number
  readonly name: string
  readonly sizeBytes: number
  /** Files in a folder; undefined for a file by itself. */
  readonly count: number | undefined
  /** The one person it is for. */
  readonly to: AccountId | undefined
}

/** What sharing is made of. */
export interface SharingStateInit {
  readonly files: Files
  readonly toasts: ToastsState
  readonly changed: () => void
  /** A share ended, as the history keeps it. */
  readonly onEnd: (share: { name: string; sizeBytes: number; error: unknown }) => void
}

type Queued = { readonly id: number; readonly to: AccountId | undefined } & (
  { readonly file: File } | { readonly folder: PickedFolder }
)

/** Files and folders on their way into the room, one after the other so that memory stays bounded. */
export class SharingState {
  readonly #init: SharingStateInit
  readonly #stop = new AbortController()
  /** Shared in this session, so that closing the tab may lose what others do not hold yet. */
  readonly #sharedHere = new SvelteSet<FileId>()
  #queue: Queued[] = []
  #waiting = $state.raw<readonly WaitingShare[]>([])
  #nextId = 0
  #isSharing = false
  #sealingFor = $state<AccountId | undefined>()

  constructor(init: SharingStateInit) {
    this.#init = init
  }

  /** Files being locked and cut now; each becomes a card of the timeline when done. */
  get sealing(): readonly Transfer[] {
    this.#init.changed()
    return this.#init.files.transfers().filter((t) => t.direction === 'share' && t.state.kind === 'sealing')
  }
  /** The one person that what is being sealed is for. */
  get sealingFor(): AccountId | undefined {
    return this.#sealingFor
  }
  /** What was picked and whose turn has not come. */
  get waiting(): readonly WaitingShare[] {
    return this.#waiting
  }
  get isWaiting(): boolean {
    return this.#queue.length > 0
  }
  wasSharedHere(id: FileId): boolean {
    return this.#sharedHere.has(id)
  }

  /** @param to the one person they are for; the room when not given */
  files(files: Iterable<File>, to?: AccountId): void {
    for (const file of files) this.#queue.push({ id: this.#nextId++, to, file })
    void this.#next()
  }
  /** Shares what a person gave once it has been read. A folder that cannot be shared is told of and left out. */
  async picked(picking: Picked | Promise<Picked>, to?: AccountId): Promise<void> {
    try {
      const { files, folders } = await picking
      for (const folder of folders) this.#folder(folder, to)
      this.files(files, to)
    } catch (error) {
      this.#init.toasts.problem(error)
    }
  }
  /** Takes a waiting one out of the queue. */
  unqueue(id: number): void {
    this.#queue = this.#queue.filter((waiting) => waiting.id !== id)
    this.#show()
  }
  stop(): void {
    this.#stop.abort()
    this.#queue = []
  }

  #folder(folder: PickedFolder, to: AccountId | undefined): void {
    if (folder.files.length === 0) {
      this.#init.toasts.show({
        tone: 'problem',
        text: t('folder.empty', { name: showControls(folder.name) }),
      })
      return
    }
    const most = to === undefined ? maxFolderBodyBytes : maxPersonalBytes
    for (const part of folderParts(folder, most)) this.#queue.push({ id: this.#nextId++, to, folder: part })
  }

  async #next(): Promise<void> {
    if (this.#isSharing) return
    this.#isSharing = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#show()
      const { name, sizeBytes } = describe(next)
      this.#sealingFor = next.to
      try {
        for (const id of await this.#share(next)) this.#sharedHere.add(id)
        this.#init.onEnd({ name, sizeBytes, error: undefined })
      } catch (error) {
        this.#init.onEnd({ name, sizeBytes, error })
        this.#init.toasts.problem(error, t('file.shareFailed', { name: showControls(name) }))
      }
    }
    this.#isSharing = false
  }

  async #share(next: Queued): Promise<readonly FileId[]> {
    const { files } = this.#init
    const options = { signal: this.#stop.signal, ...(next.to === undefined ? {} : { to: next.to }) }
    if ('file' in next) return [await files.share(fileSource(next.file), options)]
    const { name, files: listed } = next.folder
    const sources = listed.map(({ path, file }): { path: string; source: FileSource } => ({
      path,
      source: fileSource(file),
    }))
    return await files.shareFolder({ name, files: sources }, options)
  }

  #show(): void {
    this.#waiting = this.#queue.map((queued) => ({
      id: queued.id,
      to: queued.to,
      ...describe(queued),
    }))
  }
}

function describe(queued: Queued): Omit<WaitingShare, 'id' | 'to'> {
  if ('file' in queued) {
    return { name: queued.file.name, sizeBytes: queued.file.size, count: undefined }
  }
  const { name, files } = queued.folder
  return { name, sizeBytes: files.reduce((sum, { file }) => sum + file.size, 0), count: files.length }
}
