import { SvelteSet } from 'svelte/reactivity'
import type { Clock } from '../core/base/clock.ts'
import { errorName, isAbort } from '../core/base/errors.ts'
import type { AccountId, EntryId, FileId, RoomId } from '../core/base/ids.ts'
import type { Chat } from '../core/chat/index.ts'
import type { Files, FileView, Transfer } from '../core/files/index.ts'
import { CareState, type FileLinks } from './care.svelte.ts'
import type { FileServer } from './file-server.ts'
import { type FolderSave, FolderSavingState } from './folder-saving.svelte.ts'
import { type Folder, FoldersState } from './folders.svelte.ts'
import { mediaKind, passiveType } from './media-kinds.ts'
import type { PeopleState } from './people.svelte.ts'
import { canPlay, Playback } from './playing.svelte.ts'
import { showControls } from './safe-name.ts'
import { blobSink, type SavePlace } from './save-place.ts'
import { type SaveOutcome, SavingState } from './saving.svelte.ts'
import { SharingState } from './sharing.svelte.ts'
import { SpaceState } from './space.svelte.ts'
import type { Keep } from './shell-ports.ts'
import type { ToastsState } from './toasts.svelte.ts'
import { TransferHistory } from './transfer-history.svelte.ts'
import { watch } from './watch.ts'
import { t } from './late-words.ts'

/** What the files state is made of. */
export interface FilesStateInit {
  readonly files: Files
  readonly people: PeopleState
  readonly toasts: ToastsState
  readonly places: SavePlace
  readonly server: FileServer
  readonly chat: Chat
  readonly room: RoomId
  readonly keep: Keep
  readonly clock: Clock
  readonly links: FileLinks
}

/** A preview is decoded in memory, about ten times its size. */
const maxPreviewBytes = 8_000_000
/** The same for a picture that was asked for. */
const maxShownBytes = 32_000_000

/** The files of a room: what is shared, held, on its way. */
export class FilesState {
  readonly saving: SavingState
  readonly folderSaving: FolderSavingState
  readonly sharing: SharingState
  readonly folders: FoldersState
  readonly care: CareState
  readonly space: SpaceState
  readonly history: TransferHistory
  readonly #init: FilesStateInit
  readonly #changed: () => void
  readonly #serverChanged: () => void
  readonly #stop = new AbortController()
  /** Files being read for a preview: their transfer is not a person's. */
  readonly #previewing = new SvelteSet<FileId>()
  constructor(init: FilesStateInit) {
    this.#init = init
    this.#changed = watch(
      init.files.events,
      'file:changed',
      'file:removed',
      'transfer:changed',
      'personal:opened',
    )
    this.history = new TransferHistory(init.keep, init.room)
    this.folders = new FoldersState(init.chat, init.files)
    this.care = new CareState(init)
    this.space = new SpaceState(init.files)
    this.saving = new SavingState({ ...init, onEnd: (file, end) => this.#saved(file, end) })
    this.folderSaving = new FolderSavingState({ ...init, onEnd: (body, end) => this.#savedFolder(body, end) })
    this.sharing = new SharingState({
      ...{ ...init, changed: this.#changed },
      onEnd: ({ name, sizeBytes, error }) => this.#ended('share', name, sizeBytes, error),
    })
    this.#serverChanged = watch(init.server.events, 'server:changed')
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

  /** What an entry for one person holds, see {@link Files.personal}. */
  personal(entry: EntryId): ReturnType<Files['personal']> {
    this.#changed()
    return this.#init.files.personal(entry)
  }

  /** What goes on with a file, or waits for a person's word: a fetch to disk, or keeping it here. */
  transfer(id: FileId): Transfer | undefined {
    this.#changed()
    if (this.#previewing.has(id)) return undefined
    return this.#init.files
      .transfers()
      .findLast(
        ({ file, direction, state }) => file === id && direction !== 'share' && unfinished.has(state.kind),
      )
  }
  /** Whether a file was taken back by whoever posted it. */
  isWithdrawn(id: FileId): boolean {
    this.#changed()
    return this.#init.files.isWithdrawn(id)
  }
  cancel(transfer: string): void {
    this.#init.files.cancel(transfer)
  }
  pause(transfer: string): void {
    this.#init.files.pause(transfer)
  }
  resume(transfer: string): void {
    this.#init.files.resume(transfer)
  }

  /** Whether a file is drawn as a picture without being asked for: nobody has to be bothered for it. */
  canPreview(file: FileView): boolean {
    return file.isLocal && file.sizeBytes <= maxPreviewBytes && mediaKind(file) === 'image'
  }
  /** Whether a file can be drawn as a picture on a person's word, gathered first. */
  canShowPicture(file: FileView): boolean {
    return !this.canPreview(file) && file.sizeBytes <= maxShownBytes && mediaKind(file) === 'image'
  }
  /** The picture of a file; undefined when it cannot be read after all. */
  async preview(file: FileView, signal: AbortSignal): Promise<Blob | undefined> {
    const { sink, blob } = blobSink(passiveType(file) ?? '')
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

  /** Whether a file can be played here while it comes. */
  canPlay(file: FileView): boolean {
    this.#serverChanged()
    return canPlay(this.#init, file)
  }
  /** A player's source; stop it. */
  play(file: FileView): Playback {
    return new Playback(this.#init, file)
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
    return active || this.sharing.isWaiting || this.#isSpreading()
  }
  stop(): void {
    this.#stop.abort()
    this.saving.stop()
    this.folderSaving.stop()
    this.sharing.stop()
    this.space.stop()
    this.folders.stop()
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
            owner === self && this.sharing.wasSharedHere(id) && !durability.safeToClose,
        )
    )
  }

  #saved({ name, sizeBytes }: FileView, end: SaveOutcome | 'cancelled'): void {
    const at = this.#init.clock.now()
    const past = { at, direction: 'save', name, sizeBytes } as const
    if (end === 'cancelled') this.history.add({ ...past, end })
    else if (end.kind === 'failed') this.history.add({ ...past, end: 'failed', error: end.error })
    else this.history.add({ ...past, end: 'done', place: end.place.kind })
  }

  #savedFolder({ name, files }: Folder['body'], end: FolderSave | 'cancelled'): void {
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    const past = { at: this.#init.clock.now(), direction: 'save', name, sizeBytes } as const
    if (end === 'cancelled' || end.kind === 'running') this.history.add({ ...past, end: 'cancelled' })
    else if (end.kind === 'failed') this.history.add({ ...past, end: 'failed', error: end.error })
    else if (end.kind === 'partly') {
      this.history.add({ ...past, end: 'failed', error: 'FileUnavailableError' })
    } else this.history.add({ ...past, end: 'done', place: end.how === 'zip' ? 'downloads' : 'picked' })
  }

  #ended(direction: 'share', name: string, sizeBytes: number, error: unknown): void {
    const past = { at: this.#init.clock.now(), direction, name, sizeBytes } as const
    if (error === undefined) this.history.add({ ...past, end: 'done' })
    else if (isAbort(error)) this.history.add({ ...past, end: 'cancelled' })
    else this.history.add({ ...past, end: 'failed', error: errorName(error) })
  }
}

/** States of a transfer that is not over. */
const unfinished = new Set<Transfer['state']['kind']>(['fetching', 'waiting', 'paused', 'interrupted'])
