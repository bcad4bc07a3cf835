import { Emitter } from '../../core/base/events.ts'
import { AbortError } from '../../core/base/errors.ts'
import type { AccountId, EntryId, FileId } from '../../core/base/ids.ts'
import type {
  AskAboutSpace,
  CardBody,
  Files,
  FileReading,
  FilesEvents,
  FileSink,
  FileSource,
  FileView,
  FolderSource,
  SealedExport,
  ShareOptions,
  SpaceQuestion,
  HandOver,
  Transfer,
  TransferState,
} from '../../core/files/index.ts'

/** Files that a test or preview plays: bytes by id, transfers that advance when told. */
export class FakeFiles implements Files {
  readonly events = new Emitter<FilesEvents>()
  readonly #views = new Map<FileId, FileView>()
  readonly #transfers = new Map<string, Transfer>()
  readonly #bytes = new Map<FileId, Uint8Array<ArrayBuffer>>()
  /** Called for each share; the test answers with the id. Without it shares never end. */
  onShare: ((source: FileSource) => Promise<FileId>) | undefined
  /** Called for each fetch of bytes; by default known bytes are written at once. */
  onFetch: ((id: FileId, sink: FileSink) => Promise<void>) | undefined
  readonly sharedFolders: FolderSource[] = []
  onShareFolder: ((folder: FolderSource) => Promise<readonly FileId[]>) | undefined
  onTakeIn: ((source: FileSource) => Promise<FileId>) | undefined
  readonly keptFiles: FileId[] = []
  /** Whom each share was for; undefined for the room. */
  readonly sharedTo: (AccountId | undefined)[] = []
  readonly #personal = new Map<EntryId, CardBody | 'unreadable'>()
  readonly #withdrawn = new Set<FileId>()
  readonly cancelled: string[] = []
  readonly forgotten: FileId[] = []

  async start(): Promise<void> {
    return undefined
  }
  async stop(): Promise<void> {
    return undefined
  }
  list(): readonly FileView[] {
    return [...this.#views.values()]
  }
  transfers(): readonly Transfer[] {
    return [...this.#transfers.values()]
  }

  async share(source: FileSource, options: ShareOptions = {}): Promise<FileId> {
    this.sharedTo.push(options.to)
    if (this.onShare !== undefined) return await this.onShare(source)
    return await new Promise<FileId>((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(new AbortError('aborted')))
    })
  }
  async fetch(id: FileId, sink: FileSink): Promise<void> {
    if (this.onFetch !== undefined) return await this.onFetch(id, sink)
    await sink.write(this.#bytes.get(id) ?? new Uint8Array())
    await sink.close()
  }
  async openReader(id: FileId): Promise<FileReading> {
    const bytes = this.#bytes.get(id) ?? new Uint8Array()
    return {
      sizeBytes: bytes.byteLength,
      mediaType: this.#views.get(id)?.mediaType ?? '',
      read: (start, end) => Promise.resolve(bytes.slice(start, end)),
      close: () => undefined,
    }
  }
  async shareFolder(folder: FolderSource, options: ShareOptions = {}): Promise<readonly FileId[]> {
    this.sharedTo.push(options.to)
    this.sharedFolders.push(folder)
    if (this.onShareFolder !== undefined) return await this.onShareFolder(folder)
    return folder.files.map((_, i) => `folder file ${i}` as FileId)
  }
  async withdraw(files: readonly FileId[]): Promise<void> {
    for (const file of files) {
      this.#withdrawn.add(file)
      this.#views.delete(file)
      this.events.emit('file:removed', { id: file })
    }
  }
  personal(entry: EntryId): CardBody | 'unreadable' | undefined {
    return this.#personal.get(entry)
  }
  /** An entry for one person is opened here. */
  openPersonal(entry: EntryId, card: CardBody | 'unreadable'): void {
    this.#personal.set(entry, card)
    this.events.emit('personal:opened', { entry })
  }
  isWithdrawn(id: FileId): boolean {
    return this.#withdrawn.has(id)
  }
  async keep(id: FileId): Promise<void> {
    this.keptFiles.push(id)
  }
  async sealed(id: FileId): Promise<SealedExport> {
    const bytes = this.#bytes.get(id) ?? new Uint8Array()
    return {
      sizeBytes: bytes.byteLength,
      write: async (sink) => {
        await sink.write(bytes)
        await sink.close()
      },
    }
  }
  async takeIn(source: FileSource): Promise<FileId> {
    if (this.onTakeIn === undefined) throw new AbortError('no sealed files here')
    return await this.onTakeIn(source)
  }
  cancel(transfer: string): void {
    this.cancelled.push(transfer)
    this.setTransfer(transfer, { kind: 'cancelled' })
  }
  readonly paused: string[] = []
  pause(transfer: string): void {
    this.paused.push(transfer)
  }
  resume(transfer: string): void {
    this.paused.splice(this.paused.indexOf(transfer), 1)
  }
  async retry(transfer: string, sink: FileSink): Promise<void> {
    const file = this.#transfers.get(transfer)?.file
    if (file !== undefined) await this.fetch(file, sink)
  }
  async handOver(): Promise<HandOver> {
    return { placed: 0, left: [] }
  }
  /** How the page answers about space. */
  ask: AskAboutSpace | undefined
  /** Asked as soon as there is a page to ask. */
  firstQuestion: SpaceQuestion | undefined
  setAskAboutSpace(ask: AskAboutSpace | undefined): void {
    this.ask = ask
    if (this.firstQuestion !== undefined) void ask?.(this.firstQuestion, new AbortController().signal)
  }
  async forget(id: FileId): Promise<void> {
    this.forgotten.push(id)
  }

  /** Makes a file known, or changes what is true of it. */
  put(file: FileView, bytes?: Uint8Array<ArrayBuffer>): void {
    this.#views.set(file.id, file)
    if (bytes !== undefined) this.#bytes.set(file.id, bytes)
    this.events.emit('file:changed', { file })
  }
  /** Starts a transfer. */
  begin(transfer: Transfer): void {
    this.#transfers.set(transfer.id, transfer)
    this.events.emit('transfer:changed', { transfer })
  }
  /** Moves a transfer on. */
  setTransfer(id: string, state: TransferState): void {
    const transfer = this.#transfers.get(id)
    if (transfer !== undefined) this.begin({ ...transfer, state })
  }
}
