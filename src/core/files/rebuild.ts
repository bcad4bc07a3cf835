import type { Clock } from '../base/clock.ts'
import { AbortError, errorName } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import {
  leafIndex,
  pieceBytes,
  ProofWindow,
  verifyPiece,
  type CesEngine,
  type Manifest,
  type ManifestRecord,
  type RecodedSegment,
} from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { StoredPiece } from '../storage/index.ts'
import type { ByteBucket } from './byte-bucket.ts'
import { fetchTickMs, maxRebuildBufferBytes, rebuildPatienceMs } from './constants.ts'
import { CorruptFileError, FileUnavailableError, PieceMissingError } from './errors.ts'
import type { Library } from './library.ts'
import type { PieceWriter } from './piece-writer.ts'
import { Swarm, type Source } from './swarm.ts'

/** What rebuilding needs of the rest of the room. */
export interface RebuildComponents {
  readonly room: Pick<Room, 'openStream'>
  readonly clock: Clock
  readonly engine: CesEngine
  readonly library: Library
  readonly bucket: ByteBucket
  /** Holders that can be asked now, without those blamed for this file. */
  readonly sources: (file: FileId) => ReadonlyMap<AccountId, Source>
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  readonly onBlame: (file: FileId, account: AccountId, error: string) => void
}

export interface RebuildJob {
  readonly record: ManifestRecord
  /** Shard indices to make. */
  readonly columns: readonly number[]
  readonly writer: PieceWriter
  readonly signal: AbortSignal
}

/** A segment of which every piece was made, and a piece of ours with its proven path. */
interface Rebuilt {
  readonly segment: number
  readonly recoded: RecodedSegment
  readonly proven: StoredPiece
}

/**
 * Makes whole columns of a file of which we hold at least one, from any k, without its key (FI-64): segment by segment within a
 * bounded buffer, each piece proven against the root before it is written.
 *
 * @throws CorruptFileError when the file's pieces are no codeword: nobody can repair it
 * @throws FileUnavailableError when too few columns can be reached; PieceMissingError when our own rotted; AbortError; and what the
 *   writer throws
 */
export async function rebuildColumns(components: RebuildComponents, job: RebuildJob): Promise<void> {
  await new Rebuilding(components, job).run()
}

class Rebuilding {
  readonly #components: RebuildComponents
  readonly #job: RebuildJob
  readonly #manifest: Manifest
  readonly #swarm: Swarm
  readonly #proofs: ProofWindow
  readonly #stop = new AbortController()
  #held: ReadonlyMap<number, readonly number[]> = new Map()
  #stuckSince: number | undefined

  constructor(components: RebuildComponents, job: RebuildJob) {
    const { id, manifest } = job.record
    this.#components = components
    this.#job = job
    this.#manifest = manifest
    this.#proofs = new ProofWindow(manifest.segments.length * manifest.code.n)
    this.#swarm = new Swarm({
      ...{ room: components.room, clock: components.clock, file: id, manifest },
      sources: () => components.sources(id),
      isBlamed: (account) => components.isBlamed(id, account),
      onBlame: (account, error) => components.onBlame(id, account, error),
      onTurn: () => this.#look(),
    })
  }

  async run(): Promise<void> {
    const { signal, record } = this.#job
    const follow = (): void => this.#end(new AbortError('the repair was aborted', { cause: signal.reason }))
    if (signal.aborted) follow()
    signal.addEventListener('abort', follow, { once: true })
    const cancelTick = this.#tick()
    try {
      this.#held = await this.#components.library.held(record.id)
      await this.#each()
      await this.#job.writer.flush()
    } catch (error) {
      const reason: unknown = this.#stop.signal.aborted ? this.#stop.signal.reason : error
      throw reason
    } finally {
      signal.removeEventListener('abort', follow)
      cancelTick()
      this.#end(new AbortError('the repair is over'))
    }
  }

  /** Makes segments ahead within the buffer; writes each once its right neighbour is there, which its proofs need (CES-44). */
  async #each(): Promise<void> {
    const count = this.#manifest.segments.length
    const ahead: Promise<Rebuilt>[] = []
    let next = 0
    let before: Rebuilt | undefined
    for (let segment = 0; segment < count; segment++) {
      while (
        next < count &&
        (ahead.length === 0 || (next - segment + 1) * this.#cost() <= maxRebuildBufferBytes)
      ) {
        const rebuilt = this.#rebuild(next++)
        rebuilt.catch(() => {}) // met when its turn comes
        ahead.push(rebuilt)
      }
      const rebuilt = await ahead.shift()
      if (rebuilt === undefined) return
      this.#learn(rebuilt)
      if (before !== undefined) await this.#write(before)
      before = rebuilt
    }
    if (before !== undefined) await this.#write(before)
  }

  /** Bytes that one segment may occupy while it is gathered and recoded. */
  #cost(): number {
    const { k, n } = this.#manifest.code
    return (k + n) * pieceBytes(this.#manifest.segments[0]?.sealedBytes ?? 0, k)
  }

  async #rebuild(segment: number): Promise<Rebuilt> {
    const { code, segments } = this.#manifest
    const { signal } = this.#stop
    const local = await this.#local(segment)
    const pieces = new Map(local.map(({ shard, bytes }) => [shard, bytes] as const))
    const [proven] = local
    if (proven === undefined) throw new PieceMissingError('no column of ours proves this segment')
    const missing = code.k - pieces.size
    if (missing > 0) {
      await this.#components.bucket.take(
        missing * pieceBytes(segments[segment]?.sealedBytes ?? 0, code.k),
        signal,
      )
      const got = await this.#swarm.gather(segment, missing, new Set(pieces.keys()))
      for (const [shard, bytes] of got) pieces.set(shard, bytes)
    }
    const { engine } = this.#components
    const recoded = await engine.recode(code, segment, pieces, this.#job.columns, { signal })
    return { segment, recoded, proven }
  }

  /** Up to k pieces from this device, each checked: disks err too. */
  async #local(segment: number): Promise<readonly StoredPiece[]> {
    const pieces: StoredPiece[] = []
    for (const shard of this.#held.get(segment) ?? []) {
      if (pieces.length >= this.#manifest.code.k) break
      const piece = await this.#components.library.piece(this.#job.record.id, segment, shard)
      if (piece !== undefined && (await this.#isRight(piece))) pieces.push(piece)
    }
    return pieces
  }

  async #isRight({ segment, shard, bytes, path }: StoredPiece): Promise<boolean> {
    try {
      await verifyPiece(this.#manifest, segment, shard, bytes, path)
      return true
    } catch (error) {
      if (errorName(error) !== 'CorruptPieceError') throw error
      return false
    }
  }

  #learn({ segment, recoded, proven }: Rebuilt): void {
    const { code } = this.#manifest
    this.#proofs.forgetBefore(leafIndex(code, Math.max(0, segment - 2), 0))
    for (const [shard, leaf] of recoded.leaves.entries()) {
      this.#proofs.addLeaf(leafIndex(code, segment, shard), leaf)
    }
    this.#proofs.addPath(leafIndex(code, segment, proven.shard), proven.path)
  }

  async #write({ segment, recoded }: Rebuilt): Promise<void> {
    for (const [shard, bytes] of recoded.pieces) {
      const path = this.#proofs.path(leafIndex(this.#manifest.code, segment, shard))
      if (path === undefined || !(await this.#isRight({ segment, shard, bytes, path }))) {
        throw new CorruptFileError('its pieces are no codeword: what is missing cannot be made again')
      }
      await this.#job.writer.add({ segment, shard, bytes, path })
    }
  }

  /** A slow beat for holders that rest; data never waits for it. */
  #tick(): () => void {
    const { clock } = this.#components
    let cancel = (): void => {}
    const next = (): void => {
      cancel = clock.after(fetchTickMs, () => {
        next()
        this.#swarm.pump()
      })
    }
    next()
    return () => cancel()
  }

  /** After each turn of the swarm: stuck for good, or for longer than a repair waits. */
  #look(): void {
    const missingShards = this.#swarm.missingShards()
    if (missingShards === 0 || this.#stop.signal.aborted) {
      this.#stuckSince = undefined
      return
    }
    const now = this.#components.clock.now()
    this.#stuckSince ??= now
    const waitingHelps = this.#swarm.hasResting()
    if (waitingHelps && now - this.#stuckSince < rebuildPatienceMs) return
    const message = `${missingShards} columns are missing for a repair`
    this.#end(new FileUnavailableError(message, { missingShards, waitingHelps }))
  }

  #end(reason: Error): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#swarm.stop(reason)
  }
}

/** Bytes of one column of a file. */
export function columnBytesOf({ segments, code }: Manifest): number {
  return segments.reduce((sum, { sealedBytes }) => sum + pieceBytes(sealedBytes, code.k), 0)
}
