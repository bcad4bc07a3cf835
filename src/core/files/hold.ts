import type { Clock } from '../base/clock.ts'
import { errorName, InvalidMessageError, QuotaExceededError } from '../base/errors.ts'
import type { FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { throwIfAborted } from '../base/wait.ts'
import { pieceBytes, verifyPiece, type Manifest, type ManifestRecord } from '../ces/index.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member, Room } from '../room/index.ts'
import type { ShardStore, StoredFile } from '../storage/index.ts'
import type { Budget } from './budget.ts'
import { maxOffersWaiting, maxPullsAtOnce, storeBatchBytes } from './constants.ts'
import { RefusedError, type RefusalReason } from './errors.ts'
import { Gate } from './gate.ts'
import type { Holdings } from './holdings.ts'
import { isHostile } from './hostile.ts'
import type { Library } from './library.ts'
import { askManifest } from './manifests.ts'
import type { Request } from './messages.ts'
import { PieceStream } from './piece-stream.ts'
import { PieceWriter } from './piece-writer.ts'
import { sendAnswer } from './protocol.ts'

type Offer = Extract<Request, { type: 'offer' }>

export interface HoldComponents {
  readonly room: Room
  readonly shards: ShardStore
  readonly clock: Clock
  readonly logger: Logger
  readonly library: Library
  readonly holdings: Holdings
  readonly budget: Budget
  /** A member offered pieces that are not what the manifest says. */
  readonly onBlame: (member: Member, file: FileId, error: string) => void
  readonly onStored: (file: FileId) => void
}

interface Position {
  readonly segment: number
  readonly shard: number
  readonly sizeBytes: number
}

/** Takes columns that members offer, within this device's budget, and signs for them (FI-18). */
export class Holder {
  readonly #components: HoldComponents
  readonly #pulls = new Gate(maxPullsAtOnce)
  readonly #declined = new Set<FileId>()
  readonly #running = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(components: HoldComponents) {
    this.#components = components
  }

  /** Ends all pulls and resolves once they have cleaned up. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  /** Offers of a file that was freed here on purpose are declined from now on. */
  decline(file: FileId): void {
    this.#declined.add(file)
  }

  /** Answers one offer on its stream: refused, or accepted and, once all is stored, our receipt. */
  async onOffer(member: Member, offer: Offer, stream: MeshStream): Promise<void> {
    if (offer.shards.length === 0) throw new InvalidMessageError('expected an offer of at least one shard')
    let release = (): void => {}
    try {
      if (this.#declined.has(offer.file)) throw new RefusedError('freed here', { reason: 'declined' })
      if (this.#pulls.size >= maxOffersWaiting) throw new RefusedError('too many offers', { reason: 'busy' })
      release = await this.#components.budget.reserve(offer.sizeBytes)
      await sendAnswer(stream, { type: 'accepted' })
      await this.#pulls.run(() => this.#track(this.#pull(member, offer)), this.#stop.signal)
      const receipt = await this.#components.holdings.announce(offer.file)
      if (receipt === undefined) throw new RefusedError('the file was freed meanwhile', { reason: 'failed' })
      await sendAnswer(stream, { type: 'stored', receipt: receipt.bytes })
    } catch (error) {
      this.#note(member, offer.file, error)
      await sendAnswer(stream, { type: 'refused', reason: reasonOf(error) })
    } finally {
      release()
    }
  }

  async #track(work: Promise<void>): Promise<void> {
    const ended = work.catch(() => {}) // met by the caller
    this.#running.add(ended)
    try {
      await work
    } finally {
      this.#running.delete(ended)
    }
  }

  async #pull(member: Member, offer: Offer): Promise<void> {
    const { library, shards, clock, room } = this.#components
    const { signal } = this.#stop
    const record = await askManifest(this.#components, member.peer, offer.file, signal)
    const { manifest } = record
    const missing = await this.#missing(record, offer)
    if (missing.length === 0) return
    const known = library.get(offer.file)
    const file: StoredFile = {
      ...{ id: record.id, room: room.id, manifest: record.bytes, addedAt: clock.now(), own: false },
      state: known === undefined ? 'partial' : 'complete',
    }
    library.writing.add(file.id)
    try {
      if (known === undefined) await shards.putFile(file)
      const writer = new PieceWriter(this.#components, file)
      await pullPieces(this.#components, {
        peer: member.peer,
        file: file.id,
        manifest,
        missing,
        writer,
        signal,
      })
      if (known === undefined) await shards.putFile({ ...file, state: 'complete', addedAt: clock.now() })
    } catch (error) {
      if (known === undefined) await shards.deleteFile(file.id)
      throw error
    } finally {
      library.writing.delete(file.id)
      await library.refresh(file.id)
    }
    this.#components.onStored(file.id)
  }

  /** Positions of the offered columns that are not here, their bytes within what the offer said. */
  async #missing({ id, manifest }: ManifestRecord, offer: Offer): Promise<readonly Position[]> {
    if (offer.shards.some((shard) => shard >= manifest.code.n)) {
      throw new InvalidMessageError('an offered shard is not of this code')
    }
    const held = await this.#components.library.held(id)
    const missing: Position[] = []
    let bytes = 0
    for (const [segment, { sealedBytes }] of manifest.segments.entries()) {
      const sizeBytes = pieceBytes(sealedBytes, manifest.code.k)
      const here = new Set(held.get(segment))
      for (const shard of offer.shards) {
        if (here.has(shard)) continue
        missing.push({ segment, shard, sizeBytes })
        bytes += sizeBytes
      }
    }
    if (bytes > offer.sizeBytes) throw new InvalidMessageError('more bytes than the offer said')
    return missing
  }

  #note(member: Member, file: FileId, error: unknown): void {
    const name = errorName(error)
    this.#components.logger('info', 'offer not kept', { file, error: name })
    if (isHostile(error)) this.#components.onBlame(member, file, name)
  }
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof RefusedError) return error.reason
  return error instanceof QuotaExceededError ? 'no-space' : 'failed'
}

/** Pulls positions over one stream with credits, checks each piece and stores it; unstored bytes stay under one batch. */
async function pullPieces(
  components: Pick<HoldComponents, 'room' | 'clock'>,
  job: {
    readonly peer: PeerId
    readonly file: FileId
    readonly manifest: Manifest
    readonly missing: readonly Position[]
    readonly writer: PieceWriter
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { peer, file, manifest, missing, writer, signal } = job
  const stream = await PieceStream.open(components, peer, file, { signal })
  const running = new Set<Promise<void>>()
  let unstoredBytes = 0
  const take = async ({ segment, shard, sizeBytes }: Position): Promise<void> => {
    const { bytes, path } = await stream.request(segment, shard, sizeBytes)
    await verifyPiece(manifest, segment, shard, bytes, path)
    await writer.add({ segment, shard, bytes, path })
  }
  try {
    for (const position of missing) {
      while (!stream.hasRoomFor(position.sizeBytes) || unstoredBytes > storeBatchBytes) {
        await Promise.race(running)
      }
      throwIfAborted(signal)
      unstoredBytes += position.sizeBytes
      const task = take(position).then(() => {
        unstoredBytes -= position.sizeBytes
        running.delete(task)
      })
      task.catch(() => {}) // seen by the next race or at the end
      running.add(task)
    }
    await Promise.all(running)
    await writer.flush()
  } catch (error) {
    // Nothing may still be on its way to the store when the caller removes the file.
    stream.close()
    await Promise.allSettled(running)
    await writer.abandon()
    throw error
  } finally {
    stream.close()
  }
}
