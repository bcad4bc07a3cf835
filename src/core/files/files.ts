import { NotStartedError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { FileId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { StoredFile } from '../storage/index.ts'
import { Caretaker } from './caretaker.ts'
import { Catalogue } from './catalogue.ts'
import { maxFilesPerRoom } from './constants.ts'
import { CorruptFileError, TooManyFilesError, UnknownFileError } from './errors.ts'
import { fetchFile, openingOf, type Opening } from './fetch.ts'
import { awaitManifest } from './find-manifest.ts'
import { Gate } from './gate.ts'
import type {
  Files,
  FilesComponents,
  FilesEvents,
  FilesInit,
  FileReading,
  FileSink,
  FileSource,
  FileView,
  HandOver,
  Transfer,
} from './index.ts'
import { ProgressMeter } from './progress.ts'
import { Readers } from './readers.ts'
import { SegmentPull, type PullComponents } from './segment-pull.ts'
import { FilesServer } from './serve.ts'
import { shapeFor } from './shape.ts'
import { sealToStore } from './share.ts'
import { abortSink } from './sink.ts'
import { TransferBook, type TransferHandle } from './transfers.ts'

/** Files of one room, see {@link Files}: the verbs, over what the catalogue knows and the parts that talk. */
export class RoomFiles implements Files {
  readonly events = new Emitter<FilesEvents>()
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  readonly #caretaker: Caretaker
  readonly #server: FilesServer
  /** Two seals at once keep the engine busy while one waits for the disk. */
  readonly #sealing = new Gate(2)
  readonly #readers = new Readers()
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(components: FilesComponents, init: FilesInit) {
    this.#components = components
    const { room, clock, logger } = components
    const catalogue = new Catalogue(components, {
      events: this.events,
      onFile: (file) => this.#caretaker.consider(file),
      onAccount: (account) => this.#caretaker.presenceChanged(account),
      lacksSpace: (file, account) => this.#caretaker.lacksSpace(file, account),
    })
    this.#catalogue = catalogue
    this.#caretaker = new Caretaker(components, init, catalogue, this.events)
    this.#transfers = new TransferBook({ ...components, events: this.events })
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
    this.#server.start()
    this.#catalogue.start()
    this.#caretaker.start()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#readers.stop()
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
    this.#transfers.cancel(transfer)
  }

  async share(source: FileSource, options: { signal?: AbortSignal } = {}): Promise<FileId> {
    this.#checkStarted()
    if (this.#catalogue.cards.size >= maxFilesPerRoom) {
      throw new TooManyFilesError(`a room has at most ${maxFilesPerRoom} files`)
    }
    const meter = new ProgressMeter(this.#components.clock, source.sizeBytes)
    const first = { kind: 'sealing', progress: meter.now() } as const
    const facts = { direction: 'share', name: source.name, file: undefined, first } as const
    return await this.#transfers.run(facts, options.signal, async (handle) => {
      return await this.#sealing.run(() => this.#share(source, meter, handle), handle.signal)
    })
  }

  async #share(source: FileSource, meter: ProgressMeter, handle: TransferHandle): Promise<FileId> {
    const { library, presence } = this.#catalogue
    let begun: FileId | undefined
    try {
      const file = await sealToStore(this.#components, {
        ...{ room: this.#components.room.id, source, signal: handle.signal },
        shape: shapeFor(presence.present().size),
        onBytes: (bytes) => {
          meter.add(bytes)
          handle.set({ kind: 'sealing', progress: meter.now() })
        },
        onFile: ({ id }) => {
          begun = id
          library.writing.add(id)
        },
      })
      await this.#post(file, source, handle.signal)
      handle.setFile(file.id)
      await this.#placed(file, source)
      return file.id
    } finally {
      if (begun !== undefined) library.writing.delete(begun)
    }
  }

  /** Puts the card into chat; when that fails nothing of the share is left. */
  async #post(file: StoredFile, source: FileSource, signal: AbortSignal): Promise<void> {
    const { chat, shards } = this.#components
    const { id, key } = file
    const { name, sizeBytes, mediaType } = source
    try {
      throwIfAborted(signal)
      if (key === undefined) throw new CorruptFileError('a share has no key')
      await chat.send({ kind: 'file', file: id, key, name, sizeBytes, mediaType })
    } catch (error) {
      // A row left behind could be sent again later and would announce a file that is gone.
      for (const row of chat.timeline()) {
        if (row.state === 'failed' && row.body.kind === 'file' && row.body.file === id) chat.discard(row.key)
      }
      await shards.deleteFile(id)
      throw error
    }
  }

  /** A share is stored and posted: show it, sign for it, and give it to others. */
  async #placed({ id, key, addedAt }: StoredFile, source: FileSource): Promise<void> {
    const { cards, library, holdings } = this.#catalogue
    const { name, mediaType, sizeBytes } = source
    const owner = this.#components.room.self.account
    await library.refresh(id)
    if (key !== undefined) cards.add({ file: id, key, name, mediaType, sizeBytes, owner, at: addedAt })
    await holdings.announce(id)
    this.#catalogue.changed(id)
  }

  async fetch(id: FileId, sink: FileSink, options: { signal?: AbortSignal } = {}): Promise<void> {
    this.#checkStarted()
    const card = this.#catalogue.cards.first(id)
    const progress = new ProgressMeter(this.#components.clock, card?.sizeBytes ?? 0).now()
    const first = { kind: 'fetching', progress, from: [] } as const
    const facts = { direction: 'fetch', name: card?.name ?? '', file: id, first } as const
    await this.#transfers.run(facts, options.signal, async (handle) => {
      try {
        await this.#fetch(id, sink, handle)
        await sink.close()
      } catch (error) {
        await abortSink(sink, error, this.#components.logger)
        throw error
      }
    })
  }

  async #fetch(id: FileId, sink: FileSink, handle: TransferHandle): Promise<void> {
    const { signal } = handle
    const { record, opening } = await this.#find(id, signal, () =>
      handle.set({ kind: 'waiting', reason: 'no-holder', missingShards: 0 }),
    )
    await fetchFile(this.#pulling(), {
      ...{ record, context: opening.context, sink, signal },
      onState: (state) => handle.set(state),
    })
  }

  /** A file's manifest, waited for, and the card that opens it. */
  async #find(
    id: FileId,
    signal: AbortSignal,
    onWaiting: () => void,
  ): Promise<{ readonly record: ManifestRecord; readonly opening: Opening }> {
    const { cards, shapes, library } = this.#catalogue
    if (cards.first(id) === undefined) throw new UnknownFileError('the file has no card in this room')
    const record = await awaitManifest(this.#catalogue.finding(), id, { signal, onWaiting })
    shapes.learned(record)
    return { record, opening: openingOf(record, cards.all(id), library.get(id)?.key) }
  }

  #pulling(): PullComponents {
    const { room, clock, engine } = this.#components
    const { library, blames, holdings, presence } = this.#catalogue
    return {
      ...{ room, clock, engine, library },
      sources: (file) => this.#catalogue.sources(file),
      isBlamed: (file, account) => blames.has(file, account),
      onBlame: (file, account, error) => blames.add(file, account, error),
      mayComeBack: (file) => this.#catalogue.mayComeBack(file),
      onHolders: (listener) => this.#catalogue.watch(listener),
      askHolders: (file, signal) => holdings.askAll(presence.direct(), [file], signal),
    }
  }

  async openReader(id: FileId, options: { signal?: AbortSignal } = {}): Promise<FileReading> {
    this.#checkStarted()
    return await this.#readers.open(options.signal, async (signal) => {
      const { record, opening } = await this.#find(id, signal, () => {})
      const job = { record, context: opening.context, onGoing: () => {}, onWaiting: () => {} }
      const pull = (): SegmentPull => new SegmentPull(this.#pulling(), job)
      return { manifest: record.manifest, mediaType: opening.card.mediaType, pull }
    })
  }

  async handOver(options: { signal?: AbortSignal } = {}): Promise<HandOver> {
    this.#checkStarted()
    return await this.#caretaker.handOver(options.signal)
  }

  async forget(id: FileId): Promise<void> {
    this.#checkStarted()
    const { library, holdings } = this.#catalogue
    this.#caretaker.forget(id)
    await library.remove(id)
    await holdings.announce(id)
    this.#catalogue.changed(id)
  }

  #checkStarted(): void {
    if (this.#state !== 'started') throw new NotStartedError('files are not started')
  }
}
