import { copyBytes, type Bytes } from '../base/bytes.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { delay } from '../base/wait.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { StoredPiece } from '../storage/index.ts'
import type { Catalogue } from './catalogue.ts'
import { partialStaleMs } from './constants.ts'
import { UnknownFileError, UnknownTransferError } from './errors.ts'
import { fetchFile, openingOf, type Opening } from './fetch.ts'
import { awaitManifest } from './find-manifest.ts'
import type { FileReading, FilesComponents, FileSink, Progress, TransferState } from './index.ts'
import { Keeps } from './keeps.ts'
import type { Shelf } from './local-pieces.ts'
import { openManifest } from './manifests.ts'
import { Readers } from './readers.ts'
import { SegmentPull, type PullComponents } from './segment-pull.ts'
import { abortSink } from './sink.ts'
import type { TransferBook, TransferHandle } from './transfers.ts'

/** A file found: what it is made of, and what opens it. */
interface Found {
  readonly record: ManifestRecord
  readonly opening: Opening
}

/** Everything that gets a file's bytes back: whole fetches, those left unfinished, and readers. */
export class Fetches {
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  readonly #keeps: Keeps
  readonly #readers = new Readers()
  readonly #stop = new AbortController()

  constructor(components: FilesComponents, catalogue: Catalogue, transfers: TransferBook) {
    this.#components = components
    this.#catalogue = catalogue
    this.#transfers = transfers
    this.#keeps = new Keeps(components)
  }

  /** Shows what earlier runs left unfinished (FI-33). Call once the cards are read. */
  async start(): Promise<void> {
    for (const { file, sizeBytes, keptBytes } of await this.#keeps.load()) {
      const name = this.#catalogue.cards.first(file)?.name ?? ''
      const progress = stillProgress(keptBytes, sizeBytes)
      const id = this.#transfers.addInterrupted({ direction: 'fetch', file, name, progress })
      this.#lookAgain(id, file).catch((error: unknown) => {
        if (isAbort(error)) return
        this.#components.logger('warn', 'looking at kept pieces failed', { error: errorName(error) })
      })
    }
  }

  stop(): void {
    this.#stop.abort()
    this.#readers.stop()
  }

  /** A fetch that another tab runs looks interrupted at first: its record is refreshed, or gone, some time later. */
  async #lookAgain(transfer: string, file: FileId): Promise<void> {
    const shown = this.#transfers.get(transfer)
    const before = await this.#keeps.refreshedAt(file)
    await delay(partialStaleMs, this.#components.clock, this.#stop.signal)
    const isElsewhere = (await this.#keeps.refreshedAt(file)) !== before
    if (isElsewhere && this.#transfers.get(transfer) === shown) this.#transfers.remove(transfer)
  }

  async fetch(file: FileId, sink: FileSink, signal: AbortSignal | undefined): Promise<void> {
    await this.#run(this.#transfers.interrupted(file, 'fetch'), file, sink, signal)
  }

  async retry(transfer: string, sink: FileSink, signal: AbortSignal | undefined): Promise<void> {
    const { direction, file } = this.#transfers.get(transfer) ?? {}
    if (direction !== 'fetch' || file === undefined) {
      throw new UnknownTransferError('expected a fetch that is known here')
    }
    await this.#run(transfer, file, sink, signal)
  }

  /** Ends a transfer, or forgets what an interrupted one left. */
  cancel(transfer: string): void {
    const { state, file, direction } = this.#transfers.get(transfer) ?? {}
    this.#transfers.cancel(transfer)
    if (direction !== 'fetch' || state?.kind !== 'interrupted' || file === undefined) return
    this.#transfers.discard(transfer)
    this.#keeps.discard(file).catch((error: unknown) => {
      this.#components.logger('warn', 'kept pieces could not be removed', { error: errorName(error) })
    })
  }

  /** Frees what an unfinished fetch of a file left. */
  async forget(file: FileId): Promise<void> {
    await this.#keeps.discard(file)
    const transfer = this.#transfers.interrupted(file, 'fetch')
    if (transfer !== undefined) this.#transfers.discard(transfer)
  }

  async #run(
    id: string | undefined,
    file: FileId,
    sink: FileSink,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const card = this.#catalogue.cards.first(file)
    const progress = stillProgress(0, card?.sizeBytes ?? 0)
    const first = { kind: 'fetching', progress, from: [] } as const
    const facts = { id, direction: 'fetch', name: card?.name ?? '', file, first } as const
    await this.#transfers.run(facts, signal, async (handle) => {
      try {
        await this.#fetch(file, sink, handle)
        await sink.close()
      } catch (error) {
        await abortSink(sink, error, this.#components.logger)
        throw error
      }
    })
  }

  async #fetch(file: FileId, sink: FileSink, handle: TransferHandle): Promise<void> {
    const { signal, pause } = handle
    const { record, opening } = await this.#find(file, signal, () =>
      handle.set({ kind: 'waiting', reason: 'no-holder', missingShards: 0 }),
    )
    const { context } = opening
    const isDiscarded = (error: unknown): boolean => handle.isCancelled || isFinal(error)
    const isHere = this.#catalogue.library.get(file)?.isWhole === true
    await this.#keeps.during(isHere ? undefined : record, context.key, isDiscarded, async (kept) => {
      await fetchFile(this.#pulling(), {
        ...{ record, context, sink, signal, pause, kept },
        onState: (state) => {
          handle.set(state)
          if (state.kind !== 'fetching' || state.isKept !== true) return
          handle.endAs({ kind: 'interrupted', progress: state.progress })
        },
      })
    })
  }

  /**
   * Gathers a file's pieces for keeping rather than reading: `work` gets its manifest and key and a function that gathers, giving each piece
   * that is not here yet, verified and in a buffer of its own, to `add`.
   */
  async pieces(
    file: FileId,
    signal: AbortSignal | undefined,
    work: (
      found: { readonly record: ManifestRecord; readonly key: Bytes; readonly handle: TransferHandle },
      gather: (add: (piece: StoredPiece) => Promise<void>) => Promise<void>,
    ) => Promise<void>,
  ): Promise<void> {
    const card = this.#catalogue.cards.first(file)
    const first = { kind: 'fetching', progress: stillProgress(0, card?.sizeBytes ?? 0), from: [] } as const
    const id = this.#transfers.interrupted(file, 'keep')
    const facts = { id, direction: 'keep', name: card?.name ?? '', file, first } as const
    await this.#transfers.run(facts, signal, async (handle) => {
      const { record, opening } = await this.#find(file, handle.signal, () =>
        handle.set({ kind: 'waiting', reason: 'no-holder', missingShards: 0 }),
      )
      const found = { record, key: opening.context.key, handle }
      await work(found, (add) => this.#gather(record, opening, handle, add))
    })
  }

  async #gather(
    record: ManifestRecord,
    { context }: Opening,
    handle: TransferHandle,
    add: (piece: StoredPiece) => Promise<void>,
  ): Promise<void> {
    // Whoever takes pieces must not fail: what the disk said ends the fetch instead, and is what is thrown.
    const refused = new AbortController()
    let refusal: Error | undefined
    const keep = async (piece: StoredPiece): Promise<void> => {
      try {
        await add({ ...piece, bytes: copyBytes(piece.bytes) })
      } catch (error) {
        refusal ??= error instanceof Error ? error : new Error(errorName(error))
        refused.abort(error)
      }
    }
    const job = {
      ...{ record, context, sink: nowhere, pause: handle.pause },
      kept: { isKeeping: true, add: keep, shelf: this.#unfinished(record.id) },
      signal: AbortSignal.any([handle.signal, refused.signal]),
      onState: (state: TransferState) => {
        handle.set(state)
        if (state.kind === 'fetching') handle.endAs({ kind: 'interrupted', progress: state.progress })
      },
    }
    const end = await fetchFile(this.#pulling(), job).catch((error: unknown) => error)
    const failure = refusal ?? end
    if (failure instanceof Error) throw failure
  }

  /** What an interrupted run brought here of a file that was not here before. */
  #unfinished(file: FileId): Shelf {
    const { shards } = this.#components
    return {
      held: () => shards.held(file),
      read: (positions) => shards.pieces(file, positions),
    }
  }

  /** Whether a file is being read, as by a player. */
  isReading(file: FileId): boolean {
    return this.#readers.has(file)
  }

  async openReader(file: FileId, signal: AbortSignal | undefined): Promise<FileReading> {
    return await this.#readers.open(file, signal, async (either) => {
      const { record, opening } = await this.#find(file, either, () => {})
      const job = {
        ...{ record, context: opening.context, shelf: this.#keeps.shelf(file) },
        onTurn: () => {},
      }
      const pull = (): SegmentPull => new SegmentPull(this.#pulling(), job)
      return { manifest: record.manifest, mediaType: opening.card.mediaType, pull }
    })
  }

  /** A file's manifest, kept here or waited for, and the card that opens it. */
  async #find(file: FileId, signal: AbortSignal, onWaiting: () => void): Promise<Found> {
    const { cards, shapes, library } = this.#catalogue
    if (cards.first(file) === undefined) throw new UnknownFileError('the file has no card in this room')
    const kept = await this.#keeps.manifest(file)
    const record =
      kept === undefined
        ? await awaitManifest(this.#catalogue.finding(), file, { signal, onWaiting })
        : openManifest(file, kept)
    shapes.learned(record)
    return { record, opening: openingOf(record, cards.all(file), library.get(file)?.key) }
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
}

/** Takes bytes that nobody needs: only their pieces are kept. */
const nowhere: FileSink = {
  write: () => Promise.resolve(),
  close: () => Promise.resolve(),
  abort: () => Promise.resolve(),
}

/** Whether what came is of no use for another try: the file is broken, or the disk is full and needs the space. */
export function isFinal(error: unknown): boolean {
  return ['CorruptFileError', 'QuotaExceededError'].includes(errorName(error))
}

/** Progress of something that does not move. */
export function stillProgress(doneBytes: number, totalBytes: number): Progress {
  return { doneBytes, totalBytes, bytesPerSecond: 0, secondsLeft: undefined }
}
