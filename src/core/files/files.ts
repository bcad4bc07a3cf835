import { errorName, NotStartedError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { FileId } from '../base/ids.ts'
import { Budget } from './budget.ts'
import { Catalogue } from './catalogue.ts'
import { UnknownFileError } from './errors.ts'
import { Fetches } from './fetches.ts'
import { Holder } from './hold.ts'
import { InHand } from './in-hand.ts'
import type {
  Files,
  FilesComponents,
  FilesEvents,
  FilesInit,
  FileReading,
  FileSink,
  FileSource,
  FileView,
  FolderSource,
  SealedExport,
  Transfer,
} from './index.ts'
import { Replicator } from './replicate.ts'
import { FilesServer } from './serve.ts'
import { Shares } from './shares.ts'
import { TransferBook } from './transfers.ts'

/** Files of one room, see {@link Files}: the verbs, over what the catalogue knows and the parts that talk. */
export class RoomFiles implements Files {
  readonly events = new Emitter<FilesEvents>()
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  readonly #fetches: Fetches
  readonly #replicator: Replicator
  readonly #holder: Holder
  readonly #server: FilesServer
  readonly #shares: Shares
  readonly #inHand: InHand
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(components: FilesComponents, init: FilesInit) {
    this.#components = components
    const { room, clock, logger, shards } = components
    const catalogue = new Catalogue(components, {
      events: this.events,
      onFile: (file) => this.#replicator.consider(file),
      onAccount: (account) => this.#replicator.presenceChanged(account),
      onWithdrawn: (file) => this.#dropWithdrawn(file),
    })
    this.#catalogue = catalogue
    const { library, holdings, presence, blames } = catalogue
    this.#transfers = new TransferBook({ ...components, events: this.events })
    this.#shares = new Shares(components, catalogue, this.#transfers)
    this.#fetches = new Fetches(components, catalogue, this.#transfers)
    this.#inHand = new InHand(components, {
      ...{ catalogue, transfers: this.#transfers, fetches: this.#fetches },
    })
    this.#replicator = new Replicator({
      ...{ room, clock, logger, presence, library, holdings },
      isBlamed: (file, account) => blames.has(file, account),
      ownerOf: (file) => catalogue.ownerOf(file),
    })
    const budget = new Budget({ shards, space: components.space, budgetBytes: init.budgetBytes })
    this.#holder = new Holder({
      ...{ room, clock, logger, shards, library, holdings, budget },
      onBlame: (member, file, error) => blames.add(file, member.account, error),
      onStored: (file) => catalogue.changed(file),
    })
    this.#server = new FilesServer({
      ...{ room, clock, logger, library },
      receiptsOf: (file) => holdings.answer(file),
      onRequest: (member) => catalogue.heardFrom(member.account),
      onOffer: (member, offer, stream) => this.#holder.onOffer(member, offer, stream),
    })
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'started'
    await this.#catalogue.load()
    await this.#fetches.start()
    this.#server.start()
    this.#catalogue.start()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#fetches.stop()
    this.#replicator.stop()
    this.#server.stop()
    await Promise.all([this.#transfers.stop(), this.#holder.stop()])
    this.#catalogue.stop()
  }

  list(): readonly FileView[] {
    return this.#catalogue.views.list()
  }

  transfers(): readonly Transfer[] {
    return this.#transfers.list()
  }

  cancel(transfer: string): void {
    this.#fetches.cancel(transfer)
  }

  pause(transfer: string): void {
    this.#transfers.setPaused(transfer, true)
  }

  resume(transfer: string): void {
    this.#transfers.setPaused(transfer, false)
  }

  async share(source: FileSource, options: { signal?: AbortSignal } = {}): Promise<FileId> {
    this.#checkStarted()
    return await this.#shares.share(source, options.signal)
  }

  async shareFolder(
    folder: FolderSource,
    options: { signal?: AbortSignal } = {},
  ): Promise<readonly FileId[]> {
    this.#checkStarted()
    return await this.#shares.shareFolder(folder, options.signal)
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

  async forget(id: FileId): Promise<void> {
    this.#checkStarted()
    await this.#forget(id)
  }

  async #forget(id: FileId): Promise<void> {
    const { library, holdings } = this.#catalogue
    this.#holder.decline(id)
    this.#replicator.forget(id)
    await library.remove(id)
    await this.#fetches.forget(id)
    await holdings.announce(id)
    this.#catalogue.changed(id)
  }

  /** Nobody posts it any more: what is here of it goes, and what is under way ends (FI-48). */
  #dropWithdrawn(file: FileId): void {
    this.#holder.decline(file)
    const running = this.#transfers.list().filter((t) => t.file === file && t.state.kind !== 'done')
    for (const { id } of running) this.#fetches.cancel(id)
    if (running.length === 0 && this.#catalogue.library.get(file) === undefined) return
    this.#forget(file).catch((error: unknown) => {
      this.#components.logger('warn', 'a withdrawn file was not freed', { error: errorName(error) })
    })
  }

  #checkStarted(): void {
    if (this.#state !== 'started') throw new NotStartedError('files are not started')
  }
}
