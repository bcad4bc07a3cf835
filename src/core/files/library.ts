import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { decodeManifest, pieceBytes, type CodeShape, type Manifest } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { PiecePosition, ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'
import { partialStaleMs } from './constants.ts'
import { isKeptFetch } from './keeps.ts'

/** What this device keeps of one file, as far as a glance needs. */
export interface KeptFile {
  readonly id: FileId
  readonly shape: CodeShape
  readonly sizeBytes: number
  readonly own: boolean
  readonly key: Bytes | undefined
  readonly addedAt: number
  readonly segments: number
  readonly longestPieceBytes: number
  /** Shards held for every segment. */
  readonly columns: readonly number[]
  /** True when each segment has at least k pieces here. */
  readonly isWhole: boolean
  readonly keptBytes: number
}

/** Columns of a file that lie under another id, see `Staging`. */
export interface StagedColumns {
  readonly id: FileId
  readonly columns: ReadonlySet<number>
}

/** This room's complete files in the shard store, with a short description of each in memory. */
export class Library {
  readonly #room: Room
  readonly #shards: ShardStore
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #kept = new Map<FileId, KeptFile>()
  readonly #staged = new Map<FileId, StagedColumns>()
  /** Files being written by this tab: never cleaned here. */
  readonly writing = new Set<FileId>()
  #cancelCleaning: () => void = () => {}

  constructor(components: { room: Room; shards: ShardStore; clock: Clock; logger: Logger }) {
    this.#room = components.room
    this.#shards = components.shards
    this.#clock = components.clock
    this.#logger = components.logger
  }

  /** Reads what is kept and removes what closed tabs left unfinished (FI-9). */
  async start(): Promise<void> {
    for (const file of await this.#shards.files(this.#room.id)) {
      if (file.state === 'complete') await this.#read(file)
    }
    await this.#clean()
  }

  stop(): void {
    this.#cancelCleaning()
  }

  get(id: FileId): KeptFile | undefined {
    return this.#kept.get(id)
  }

  files(): readonly FileId[] {
    return [...this.#kept.keys()]
  }

  /** Reads one file's state again, after it was written or when another tab of ours may have written it. */
  async refresh(id: FileId): Promise<KeptFile | undefined> {
    const file = await this.#shards.file(id)
    if (file?.state === 'complete' && file.room === this.#room.id) await this.#read(file)
    else this.#kept.delete(id)
    return this.#kept.get(id)
  }

  async remove(id: FileId): Promise<void> {
    this.#kept.delete(id)
    await this.#shards.deleteFile(id)
  }

  /** Manifest bytes of a kept file of this room. */
  async manifest(id: FileId): Promise<Bytes | undefined> {
    return this.#kept.has(id) ? (await this.#shards.file(id))?.manifest : undefined
  }

  /** A piece that is held of a kept file of this room; files of other rooms are not told. */
  async piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    return this.#kept.has(id) ? await this.#shards.piece(id, segment, shard) : undefined
  }

  /** Columns that were rebuilt for others are served from where they lie, until {@link unstage}. */
  stage(id: FileId, staged: StagedColumns): void {
    this.#staged.set(id, staged)
  }

  unstage(id: FileId): void {
    this.#staged.delete(id)
  }

  /**
   * Pieces of a kept file of this room, those rebuilt for others included, in the order of the positions, see
   * `ShardStore.pieces`; files of other rooms are not told.
   */
  async pieces(
    id: FileId,
    positions: readonly PiecePosition[],
  ): Promise<readonly (StoredPiece | undefined)[]> {
    if (!this.#kept.has(id)) return positions.map(() => undefined)
    const staged = this.#staged.get(id)
    if (staged === undefined) return await this.#shards.pieces(id, positions)
    const isStaged = ({ shard }: PiecePosition): boolean => staged.columns.has(shard)
    const there = await this.#shards.pieces(staged.id, positions.filter(isStaged))
    const here = await this.#shards.pieces(
      id,
      positions.filter((position) => !isStaged(position)),
    )
    const [nextThere, nextHere] = [there.values(), here.values()]
    return positions.map((position) => (isStaged(position) ? nextThere : nextHere).next().value)
  }

  /** Positions held of a kept file. */
  async held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    return this.#kept.has(id) ? await this.#shards.held(id) : new Map()
  }

  async #read(file: StoredFile): Promise<void> {
    try {
      const { manifest } = decodeManifest(file.manifest)
      const held = await this.#shards.held(file.id)
      const { id, own, key, addedAt } = file
      const { code: shape, sizeBytes } = manifest
      this.#kept.set(id, { id, own, key, addedAt, shape, sizeBytes, ...glance(manifest, held) })
    } catch (error) {
      this.#kept.delete(file.id)
      this.#logger('error', 'kept file is unreadable', { error: errorName(error) })
    }
  }

  async #clean(): Promise<void> {
    let young = false
    for (const file of await this.#shards.files(this.#room.id)) {
      if (file.state === 'complete' || isKeptFetch(file) || this.writing.has(file.id)) continue
      if (this.#clock.now() - file.addedAt < partialStaleMs) young = true
      else await this.#shards.deleteFile(file.id)
    }
    // A young one may be another tab's work in progress, or a tab that just crashed: look again once it is stale.
    if (!young) return
    this.#cancelCleaning = this.#clock.after(partialStaleMs, () => {
      this.#clean().catch((error: unknown) =>
        this.#logger('warn', 'cleaning unfinished files failed', { error: errorName(error) }),
      )
    })
  }
}

function glance(
  manifest: Manifest,
  held: ReadonlyMap<number, readonly number[]>,
): Pick<KeptFile, 'columns' | 'isWhole' | 'keptBytes' | 'segments' | 'longestPieceBytes'> {
  const counts = new Map<number, number>()
  let isWhole = true
  let keptBytes = 0
  let longestPieceBytes = 0
  for (const [i, segment] of manifest.segments.entries()) {
    const shards = held.get(i) ?? []
    if (shards.length < manifest.code.k) isWhole = false
    const sizeBytes = pieceBytes(segment.sealedBytes, manifest.code.k)
    keptBytes += shards.length * sizeBytes
    longestPieceBytes = Math.max(longestPieceBytes, sizeBytes)
    for (const shard of shards) counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  const columns = [...counts]
    .filter(([, count]) => count === manifest.segments.length)
    .map(([shard]) => shard)
  const segments = manifest.segments.length
  return { columns: columns.sort((a, b) => a - b), isWhole, keptBytes, segments, longestPieceBytes }
}
