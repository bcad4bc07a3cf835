import { errorName, NotStartedError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { EntryId, FileId } from '../base/ids.ts'
import { Caretaker } from './caretaker.ts'
import { Catalogue } from './catalogue.ts'
import { UnknownFileError } from './errors.ts'
import { Evictor } from './eviction.ts'
import { Fetches } from './fetches.ts'
import { InHand } from './in-hand.ts'
import type { CardBody } from './personal.ts'
import type {
  AskAboutSpace,
  Files,
  FilesComponents,
  FilesEvents,
  FilesInit,
  FileReading,
  FileSink,
  FileSource,
  FileView,
  FolderSource,
  HandOver,
  SealedExport,
  ShareOptions,
  Transfer,
} from './index.ts'
import { FilesServer } from './serve.ts'
import { Shares } from './shares.ts'
import { SpaceGuard } from './space-guard.ts'
import { TransferBook } from './transfers.ts'

/** Files of one room, see {@link Files}: the verbs, over what the catalogue knows and the parts that talk. */
export class RoomFiles implements Files {
  readonly events = new Emitter<FilesEvents>()
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  readonly #fetches: Fetches
  readonly #caretaker: Caretaker
  readonly #server: FilesServer
  readonly #shares: Shares
  readonly #inHand: InHand
  readonly #evictor: Evictor
  readonly #guard: SpaceGuard
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(components: FilesComponents, init: FilesInit) {
    this.#components = components
    const { room, clock, logger } = components
    const catalogue = new Catalogue(components, {
      events: this.events,
      onFile: (file) => this.#caretaker.consider(file),
      onAccount: (account) => this.#caretaker.presenceChanged(account),
      lacksSpace: (file, account) => this.#caretaker.lacksSpace(file, account),
      onWithdrawn: (file) => this.#dropWithdrawn(file),
    })
    this.#catalogue = catalogue
    const { library, holdings, presence, blames } = catalogue
    this.#evictor = new Evictor({
      ...{ self: room.self.account, logger, library, holdings, presence },
      isBlamed: (file, account) => blames.has(file, account),
      isInUse: (file) => this.#transfers.isRunning(file) || this.#fetches.isReading(file),
      release: (file) => this.#release(file),
    })
    this.#caretaker = new Caretaker(components, init, catalogue, this.events)
    this.#transfers = new TransferBook({ ...components, events: this.events })
    this.#guard = new SpaceGuard({
      ...{ clock, self: room.self.account, space: components.space, evictor: this.#evictor },
      ...{ cards: catalogue.cards, holdings, library },
    })
    const ensureSpace = (neededBytes: number, signal: AbortSignal): Promise<void> =>
      this.#guard.ensure({ neededBytes, signal, what: 'the share', warns: true })
    this.#shares = new Shares({ ...components, ensureSpace }, catalogue, this.#transfers)
    this.#fetches = new Fetches(components, catalogue, this.#transfers)
    this.#inHand = new InHand(components, {
      ...{ catalogue, transfers: this.#transfers, fetches: this.#fetches, guard: this.#guard },
    })
    this.#server = new FilesServer({
      ...{ room, clock, logger, library: catalogue.library },
      receiptsOf: (file) => catalogue.holdings.answer(file),
      onRequest: (member) => catalogue.heardFrom(member.account),
      freeBytes: () => this.#caretaker.freeBytes(),
      onOffer: (member, offer, stream) => this.#caretaker.onOffer(member, offer, stream),
    })
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'started'
    await this.#catalogue.load()
    await this.#fetches.start()
    await this.#inHand.start()
    this.#server.start()
    this.#catalogue.start()
    this.#caretaker.start()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#fetches.stop()
    this.#inHand.stop()
    this.#server.stop()
    await Promise.all([this.#transfers.stop(), this.#caretaker.stop()])
    this.#catalogue.stop()
  }

  list(): readonly FileView[] {
    return this.#catalogue.views.list()
  }

  transfers(): readonly Transfer[] {
    return this.#transfers.list()
  }

  cancel(transfer: string): void {
    this.#inHand.cancel(transfer)
    this.#fetches.cancel(transfer)
  }

  pause(transfer: string): void {
    this.#transfers.setPaused(transfer, true)
  }

  resume(transfer: string): void {
    this.#transfers.setPaused(transfer, false)
  }

  async share(source: FileSource, options: ShareOptions = {}): Promise<FileId> {
    this.#checkStarted()
    return await this.#shares.share(source, options)
  }

  async shareFolder(folder: FolderSource, options: ShareOptions = {}): Promise<readonly FileId[]> {
    this.#checkStarted()
    return await this.#shares.shareFolder(folder, options)
  }

  personal(entry: EntryId): CardBody | 'unreadable' | undefined {
    return this.#catalogue.personal.get(entry)
  }

  async withdraw(files: readonly FileId[]): Promise<void> {
    this.#checkStarted()
    const self = this.#components.room.self.account
    const mine = files.filter((file) => this.#catalogue.cards.all(file).some(({ owner }) => owner === self))
    if (mine.length === 0) throw new UnknownFileError('expected files that were posted from here')
    // Seen on the timeline like everybody else's: that is what frees the pieces (FI-48).
    await this.#components.chat.send({ kind: 'withdraw', files: mine })
  }

  isWithdrawn(id: FileId): boolean {
    return this.#catalogue.cards.isWithdrawn(id)
  }

  async fetch(id: FileId, sink: FileSink, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkStarted()
    await this.#fetches.fetch(id, sink, options.signal)
  }

  async retry(transfer: string, sink: FileSink, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkStarted()
    await this.#fetches.retry(transfer, sink, options.signal)
  }

  async openReader(id: FileId, options: { signal?: AbortSignal } = {}): Promise<FileReading> {
    this.#checkStarted()
    return await this.#fetches.openReader(id, options.signal)
  }

  async keep(id: FileId, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkStarted()
    await this.#inHand.keep(id, options.signal)
  }

  async sealed(id: FileId): Promise<SealedExport> {
    this.#checkStarted()
    return await this.#inHand.sealed(id)
  }

  async takeIn(source: FileSource, options: { signal?: AbortSignal } = {}): Promise<FileId> {
    this.#checkStarted()
    return await this.#inHand.takeIn(source, options.signal)
  }

  async handOver(options: { signal?: AbortSignal } = {}): Promise<HandOver> {
    this.#checkStarted()
    return await this.#caretaker.handOver(options.signal)
  }

  setAskAboutSpace(ask: AskAboutSpace | undefined): void {
    this.#guard.ask = ask
  }

  async forget(id: FileId): Promise<void> {
    this.#checkStarted()
    await this.#release(id)
  }

  async #release(id: FileId): Promise<void> {
    const { library, holdings } = this.#catalogue
    this.#caretaker.forget(id)
    await library.remove(id)
    await this.#fetches.forget(id)
    this.#inHand.forget(id)
    await holdings.announce(id)
    this.#catalogue.changed(id)
  }

  /** Nobody posts it any more: what is here of it goes, and what is under way ends (FI-48). */
  #dropWithdrawn(file: FileId): void {
    this.#caretaker.forget(file)
    const running = this.#transfers.list().filter((t) => t.file === file && t.state.kind !== 'done')
    for (const { id } of running) this.cancel(id)
    if (running.length === 0 && this.#catalogue.library.get(file) === undefined) return
    this.#release(file).catch((error: unknown) => {
      this.#components.logger('warn', 'a withdrawn file was not freed', { error: errorName(error) })
    })
  }

  #checkStarted(): void {
    if (this.#state !== 'started') throw new NotStartedError('files are not started')
  }
}
