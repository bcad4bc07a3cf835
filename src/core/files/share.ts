import type { Clock, RandomBytes } from '../base/clock.ts'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { QuotaExceededError } from '../base/errors.ts'
import type { RoomId } from '../base/ids.ts'
import { throwIfAborted } from '../base/wait.ts'
import {
  createMerkleTree,
  encodeManifest,
  keyCommitment,
  leafIndex,
  manifestId,
  newFileSecrets,
  pieceBytes,
  planSegments,
  sealingContext,
  sealMeta,
  segmentPlainBytes,
  type CesEngine,
  type CodeShape,
  type Manifest,
  type MerkleTree,
  type SealedSegment,
  type SegmentContext,
  type SegmentRow,
} from '../ces/index.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'
import { maxSealBufferBytes } from './constants.ts'
import { SourceChangedError } from './errors.ts'
import type { FileSource } from './index.ts'
import { PieceWriter } from './piece-writer.ts'

export interface SealComponents {
  readonly shards: ShardStore
  readonly engine: CesEngine
  readonly clock: Clock
  readonly random: RandomBytes
  /** Sees to it that so many bytes fit here (FI-80), see `SpaceGuard.ensure`. */
  readonly ensureSpace?: (neededBytes: number, signal: AbortSignal) => Promise<void>
}

/** One share as ordered. */
export interface SealJob {
  readonly room: RoomId
  readonly source: FileSource
  readonly shape: CodeShape
  readonly signal: AbortSignal
  /** Plaintext bytes that are sealed and stored. */
  readonly onBytes: (bytes: number) => void
  /** Called once the id is known, before anything is stored. */
  readonly onFile: (file: StoredFile) => void
}

/**
 * Seals a source into pieces in the store (FI-8): first pass seals and hashes, which gives the manifest and so the id; then
 * every piece is stored with its path. What fits in memory is sealed once; the rest is read and sealed again, which also
 * proves that the source did not change. Returns the stored record, `complete`. On any error nothing of it is left.
 *
 * @throws QuotaExceededError with the bytes that the share needs and those that are free, SourceChangedError, AbortError, FileTooLargeError, InvalidMetaError
 */
export async function sealToStore(components: SealComponents, job: SealJob): Promise<StoredFile> {
  const { source, shape, signal, room } = job
  throwIfAborted(signal)
  const plan = planSegments(source.sizeBytes, shape)
  const secrets = newFileSecrets(components.random)
  const header = {
    ...{ code: shape, segmentBytes: plan.segmentBytes, sizeBytes: source.sizeBytes },
    noncePrefix: secrets.noncePrefix,
  }
  const context = sealingContext(header, secrets.key)
  const sealedMeta = sealMeta(context, { name: source.name, mediaType: source.mediaType })
  await components.ensureSpace?.(mostBytes(source.sizeBytes, plan.segments, shape), signal)

  const sealing = new Sealing(components, job, context, plan.segments)
  await sealing.first()
  const commitment = keyCommitment(secrets.key)
  const manifest: Manifest = {
    ...{ version: 1, ...header, segments: sealing.rows, root: sealing.tree.root() },
    ...{ keyCommitment: commitment, sealedMeta },
  }
  const bytes = encodeManifest(manifest)
  const record: StoredFile = {
    ...{ id: manifestId(bytes), room, manifest: bytes, key: secrets.key },
    ...{ addedAt: components.clock.now(), own: true, state: 'partial' },
  }
  return await store(components, job, sealing, record, storedBytes(manifest))
}

async function store(
  components: SealComponents,
  job: SealJob,
  sealing: Sealing,
  record: StoredFile,
  neededBytes: number,
): Promise<StoredFile> {
  const { shards, clock } = components
  throwIfAborted(job.signal)
  job.onFile(record)
  const recycle = (pieces: readonly StoredPiece[]): void =>
    components.engine.recycle(pieces.map((piece) => piece.bytes))
  const writer = new PieceWriter(components, record, { onStored: recycle })
  try {
    await shards.putFile(record)
    await sealing.second(writer)
    throwIfAborted(job.signal)
    const complete: StoredFile = { ...record, state: 'complete', addedAt: clock.now() }
    await shards.putFile(complete)
    return complete
  } catch (error) {
    await writer.abandon()
    await shards.deleteFile(record.id)
    if (!(error instanceof QuotaExceededError)) throw error
    throw new QuotaExceededError(`the share needs ${neededBytes} bytes here`, { cause: error, neededBytes })
  }
}

/** Both passes over one source. */
class Sealing {
  readonly rows: SegmentRow[] = []
  readonly tree: MerkleTree
  readonly #components: SealComponents
  readonly #job: SealJob
  readonly #context: SegmentContext
  readonly #count: number
  readonly #leaves: Bytes[][] = []
  /** Pieces of the first pass that fitted in memory. */
  readonly #kept = new Map<number, readonly Bytes[]>()
  #keptBytes = 0

  constructor(components: SealComponents, job: SealJob, context: SegmentContext, count: number) {
    this.#components = components
    this.#job = job
    this.#context = context
    this.#count = count
    this.tree = createMerkleTree(count * job.shape.n)
  }

  /** Seals every segment for its row and leaves, keeping pieces while they fit. */
  async first(): Promise<void> {
    const { shape, onBytes } = this.#job
    await this.#each(async (segment) => {
      const { codec, sealedBytes, pieces, leaves } = await this.#seal(segment)
      this.rows[segment] = { codec, sealedBytes }
      this.#leaves[segment] = [...leaves]
      for (const [shard, leaf] of leaves.entries()) this.tree.set(leafIndex(shape, segment, shard), leaf)
      const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
      if (this.#keptBytes + bytes <= maxSealBufferBytes) {
        this.#keptBytes += bytes
        this.#kept.set(segment, pieces)
      } else this.#components.engine.recycle(pieces)
      onBytes(this.#plainBytes(segment) / 2)
    })
  }

  /** Stores every piece with its path. Segments that were not kept are sealed again. */
  async second(writer: PieceWriter): Promise<void> {
    const { shape, onBytes } = this.#job
    await this.#each(async (segment) => {
      const pieces = this.#kept.get(segment) ?? (await this.#sealAgain(segment))
      this.#kept.delete(segment)
      for (const [shard, bytes] of pieces.entries()) {
        await writer.add({ segment, shard, bytes, path: this.tree.path(leafIndex(shape, segment, shard)) })
      }
      onBytes(this.#plainBytes(segment) / 2)
    })
    await writer.flush()
  }

  /** Runs `work` for each segment, in order, as many at once as the engine can use. The first failure ends all. */
  async #each(work: (segment: number) => Promise<void>): Promise<void> {
    let next = 0
    let failed = false
    const lane = async (): Promise<void> => {
      while (next < this.#count && !failed) {
        throwIfAborted(this.#job.signal)
        try {
          await work(next++)
        } catch (error) {
          failed = true
          throw error
        }
      }
    }
    const width = Math.max(1, Math.min(this.#components.engine.concurrency, this.#count))
    const ended = await Promise.allSettled(Array.from({ length: width }, lane))
    for (const end of ended) if (end.status === 'rejected') throw end.reason
  }

  async #seal(segment: number): Promise<SealedSegment> {
    const { source, signal } = this.#job
    const start = segment * this.#context.segmentBytes
    const length = this.#plainBytes(segment)
    const plaintext = await source.read(start, start + length)
    if (plaintext.byteLength !== length) {
      throw new SourceChangedError(`expected ${length} bytes of the file, got ${plaintext.byteLength}`)
    }
    const isLast = segment === this.#count - 1
    return await this.#components.engine.seal(this.#context, segment, isLast, plaintext, { signal })
  }

  async #sealAgain(segment: number): Promise<readonly Bytes[]> {
    const { pieces, leaves } = await this.#seal(segment)
    const before = this.#leaves[segment] ?? []
    const same = leaves.every((leaf, i) => equalBytes(leaf, before[i] ?? new Uint8Array(0)))
    if (!same) throw new SourceChangedError('the file changed while it was shared')
    return pieces
  }

  #plainBytes(segment: number): number {
    const { sizeBytes } = this.#job.source
    return segmentPlainBytes({ sizeBytes, segmentBytes: this.#context.segmentBytes }, segment)
  }
}

/** Most bytes that a share can take here: nothing compresses, every piece with its longest path. */
function mostBytes(sizeBytes: number, segments: number, { k, n }: CodeShape): number {
  const tags = segments * 16
  const alignment = segments * k * 64
  const paths = segments * n * Math.ceil(Math.log2(segments * n + 1)) * 32
  return Math.ceil((n * (sizeBytes + tags + alignment)) / k) + paths
}

function storedBytes({ code, segments }: Manifest): number {
  const perColumn = segments.reduce((sum, { sealedBytes }) => sum + pieceBytes(sealedBytes, code.k), 0)
  return perColumn * code.n
}
