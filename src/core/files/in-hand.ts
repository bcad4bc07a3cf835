import type { Bytes } from '../base/bytes.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { delay, throwIfAborted } from '../base/wait.ts'
import { pieceBytes, verifyPiece, type ManifestRecord } from '../ces/index.ts'
import type { Catalogue } from './catalogue.ts'
import { partialStaleMs, storeBatchBytes } from './constants.ts'
import { CorruptFileError, ForeignSealedFileError, SealedFileCutError, UnknownFileError } from './errors.ts'
import { isFinal, stillProgress, type Fetches } from './fetches.ts'
import type { FilesComponents, FileSink, FileSource, SealedExport } from './index.ts'
import { intoLibrary, type IntoLibraryComponents } from './into-library.ts'
import { openManifest } from './manifests.ts'
import { ProgressMeter } from './progress.ts'
import type { SpaceGuard } from './space-guard.ts'
import { sealedEnd, sealedFileBytes, SealedFileReader, sealedHead, sealedPiece } from './sealed-file.ts'
import { abortSink } from './sink.ts'
import type { TransferBook, TransferHandle } from './transfers.ts'
import { UnfinishedKeeps } from './unfinished-keeps.ts'

/** A sealed file on its way out. */
interface SealedJob {
  readonly record: ManifestRecord
  readonly held: ReadonlyMap<number, readonly number[]>
  readonly sink: FileSink
}

/** What a person does with files by hand: keep one here, take it out sealed, bring it in. */
export class InHand {
  readonly #components: FilesComponents
  readonly #catalogue: Catalogue
  readonly #transfers: TransferBook
  readonly #fetches: Fetches
  readonly #guard: SpaceGuard
  readonly #unfinished: UnfinishedKeeps
  readonly #stop = new AbortController()

  constructor(
    components: FilesComponents,
    parts: { catalogue: Catalogue; transfers: TransferBook; fetches: Fetches; guard: SpaceGuard },
  ) {
    this.#components = components
    this.#catalogue = parts.catalogue
    this.#transfers = parts.transfers
    this.#fetches = parts.fetches
    this.#guard = parts.guard
    this.#unfinished = new UnfinishedKeeps(components)
  }

  /** Shows what earlier runs were bringing here (FI-46). Call once the cards are read. */
  async start(): Promise<void> {
    for (const { file, sizeBytes, keptBytes } of await this.#unfinished.load()) {
      const name = this.#catalogue.cards.first(file)?.name ?? ''
      const progress = stillProgress(keptBytes, sizeBytes)
      const id = this.#transfers.addInterrupted({ direction: 'keep', file, name, progress })
      this.#lookAgain(id, file).catch((error: unknown) => {
        if (isAbort(error)) return
        this.#components.logger('warn', 'looking at an unfinished file failed', { error: errorName(error) })
      })
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  /** One that another tab runs looks interrupted at first, as of fetches. */
  async #lookAgain(transfer: string, file: FileId): Promise<void> {
    const shown = this.#transfers.get(transfer)
    const before = await this.#unfinished.refreshedAt(file)
    await delay(partialStaleMs, this.#components.clock, this.#stop.signal)
    const isElsewhere = (await this.#unfinished.refreshedAt(file)) !== before
    if (isElsewhere && this.#transfers.get(transfer) === shown) this.#transfers.remove(transfer)
  }

  /** Forgets what an interrupted one brought here; running ones are ended by the book. */
  cancel(transfer: string): void {
    const { state, file, direction } = this.#transfers.get(transfer) ?? {}
    if (direction !== 'keep' || state?.kind !== 'interrupted' || file === undefined) return
    this.#transfers.discard(transfer)
    this.#unfinished.discard(file).catch((error: unknown) => {
      this.#components.logger('warn', 'an unfinished file could not be removed', { error: errorName(error) })
    })
  }

  /** A person freed the file: its row goes too. */
  forget(file: FileId): void {
    const transfer = this.#transfers.interrupted(file, 'keep')
    if (transfer !== undefined) this.#transfers.discard(transfer)
  }

  /** Gathers what it takes to rebuild a file from this device alone, and signs for it (FI-46). */
  async keep(file: FileId, signal: AbortSignal | undefined): Promise<void> {
    if (this.#catalogue.library.get(file)?.isWhole === true) return
    await this.#fetches.pieces(file, signal, async ({ record, key, handle }, gather) => {
      const held = await this.#components.shards.held(file)
      const need = { neededBytes: missingBytes(record, held), what: 'the file', except: file }
      await this.#guard.ensure({ ...need, signal: handle.signal })
      const isDiscarded = (error: unknown): boolean => handle.isCancelled || isFinal(error)
      await intoLibrary(this.#into(), { record, key, isDiscarded }, (add) => gather(add))
    })
    await this.#arrived(file)
  }

  /** What a sealed file of this one would be. Throws `UnknownFileError` unless it is whole here. */
  async sealed(file: FileId): Promise<SealedExport> {
    const record = await this.#record(file)
    const held = await this.#catalogue.library.held(file)
    return {
      sizeBytes: sealedFileBytes(record, held),
      write: (sink, options = {}) => this.#writeSealed({ record, held, sink }, options.signal),
    }
  }

  /** Brings a sealed file's pieces in, each checked (FI-49). */
  async takeIn(source: FileSource, signal: AbortSignal | undefined): Promise<FileId> {
    const reader = new SealedFileReader(source)
    const record = await reader.manifest()
    const card = this.#catalogue.cards.first(record.id)
    if (card === undefined) {
      throw new ForeignSealedFileError('it was sealed in another room, or its card is not known here yet')
    }
    const id = this.#transfers.interrupted(record.id, 'keep')
    const facts = { id, direction: 'keep', name: card.name, file: record.id } as const
    const meter = new ProgressMeter(this.#components.clock, source.sizeBytes)
    const first = { kind: 'fetching', progress: meter.now(), from: [] } as const
    await this.#transfers.run({ ...facts, first }, signal, async (handle) => {
      const need = { neededBytes: source.sizeBytes, what: 'the import', except: record.id }
      await this.#guard.ensure({ ...need, signal: handle.signal })
      // All or nothing, but that the page may go away (FI-49).
      const isDiscarded = (error: unknown): boolean => handle.isCancelled || !isAbort(error)
      await intoLibrary(this.#into(), { record, key: card.key, isDiscarded }, (add) =>
        readPieces({ reader, record, meter, handle, add }),
      )
    })
    await this.#arrived(record.id)
    return record.id
  }

  async #record(file: FileId): Promise<ManifestRecord> {
    const { library } = this.#catalogue
    const bytes = library.get(file)?.isWhole === true ? await library.manifest(file) : undefined
    if (bytes === undefined) throw new UnknownFileError('expected a file that is whole on this device')
    return openManifest(file, bytes)
  }

  /** Runs as a transfer, so that a person sees how far it is and can end it. */
  async #writeSealed(job: SealedJob, signal: AbortSignal | undefined): Promise<void> {
    const { record, held, sink } = job
    const name = this.#catalogue.cards.first(record.id)?.name ?? ''
    const meter = new ProgressMeter(this.#components.clock, sealedFileBytes(record, held))
    const first = { kind: 'fetching', progress: meter.now(), from: [] } as const
    const facts = { direction: 'export', name, file: record.id, first } as const
    await this.#transfers.run(facts, signal, async (handle) => {
      try {
        await this.#export(job, async (bytes) => {
          throwIfAborted(handle.signal)
          await sink.write(bytes)
          meter.add(bytes.byteLength)
          handle.set({ kind: 'fetching', progress: meter.now(), from: [] })
        })
        throwIfAborted(handle.signal)
        await sink.close()
      } catch (error) {
        await abortSink(sink, error, this.#components.logger)
        throw error
      }
    })
  }

  async #export({ record, held }: SealedJob, write: (bytes: Bytes) => Promise<void>): Promise<void> {
    await write(sealedHead(record.bytes))
    let pieces = 0
    for (const batch of batches(record, held)) {
      pieces += batch.length
      await this.#exportBatch(record, batch, write)
    }
    await write(sealedEnd(pieces))
  }

  async #exportBatch(
    { id, manifest }: ManifestRecord,
    batch: readonly { segment: number; shard: number }[],
    write: (bytes: Bytes) => Promise<void>,
  ): Promise<void> {
    for (const piece of await this.#catalogue.library.pieces(id, batch)) {
      if (piece === undefined) throw new CorruptFileError('a piece was removed meanwhile')
      await verifyPiece(manifest, piece.segment, piece.shard, piece.bytes, piece.path).catch(
        (cause: unknown) => {
          if (errorName(cause) !== 'CorruptPieceError') throw cause
          throw new CorruptFileError('a piece on this device is damaged', { cause })
        },
      )
      await write(sealedPiece(piece))
    }
  }

  /** Pieces came to this device: sign for them, show it. */
  async #arrived(file: FileId): Promise<void> {
    await this.#catalogue.holdings.announce(file)
    this.#catalogue.changed(file)
  }

  #into(): IntoLibraryComponents {
    return { ...this.#components, library: this.#catalogue.library }
  }
}

async function readPieces(job: {
  readonly reader: SealedFileReader
  readonly record: ManifestRecord
  readonly meter: ProgressMeter
  readonly handle: TransferHandle
  readonly add: Parameters<Parameters<typeof intoLibrary>[2]>[0]
}): Promise<void> {
  const { reader, record, meter, handle, add } = job
  const { manifest } = record
  const counts = new Map<number, number>()
  let doneBytes = 0
  for (let piece = await reader.piece(record); piece !== undefined; piece = await reader.piece(record)) {
    throwIfAborted(handle.signal)
    await verifyPiece(manifest, piece.segment, piece.shard, piece.bytes, piece.path)
    counts.set(piece.segment, (counts.get(piece.segment) ?? 0) + 1)
    await add(piece)
    meter.add(reader.readBytes - doneBytes)
    doneBytes = reader.readBytes
    handle.set({ kind: 'fetching', progress: meter.now(), from: [] })
    handle.endAs({ kind: 'interrupted', progress: meter.now() })
  }
  const isWhole = manifest.segments.every((_, segment) => (counts.get(segment) ?? 0) >= manifest.code.k)
  if (!isWhole) throw new SealedFileCutError('it does not have enough pieces to rebuild the file')
}

/** What it takes to have k pieces of every segment. */
function missingBytes({ manifest }: ManifestRecord, held: ReadonlyMap<number, readonly number[]>): number {
  const { segments, code } = manifest
  return segments.reduce((sum, { sealedBytes }, i) => {
    const missing = Math.max(0, code.k - (held.get(i)?.length ?? 0))
    return sum + missing * pieceBytes(sealedBytes, code.k)
  }, 0)
}

/** Positions in rising order, as many at once as the store reads best. */
function* batches(
  { manifest }: ManifestRecord,
  held: ReadonlyMap<number, readonly number[]>,
): Generator<readonly { segment: number; shard: number }[]> {
  let batch: { segment: number; shard: number }[] = []
  let bytes = 0
  for (const [segment, { sealedBytes }] of manifest.segments.entries()) {
    for (const shard of [...(held.get(segment) ?? [])].sort((a, b) => a - b)) {
      batch.push({ segment, shard })
      bytes += pieceBytes(sealedBytes, manifest.code.k)
      if (bytes < storeBatchBytes) continue
      yield batch
      batch = []
      bytes = 0
    }
  }
  if (batch.length > 0) yield batch
}
