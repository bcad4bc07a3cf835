import type { Bytes } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import { verifyPiece, type ManifestRecord } from '../ces/index.ts'
import type { PiecePosition, StoredPiece } from '../storage/index.ts'
import type { Library } from './library.ts'

type Read = (positions: readonly PiecePosition[]) => Promise<readonly (StoredPiece | undefined)[]>

/** Somewhere on this device where pieces of one file may be. */
interface Place {
  /** Shards of a segment worth asking for. */
  readonly shards: (segment: number) => Promise<readonly number[]>
  readonly read: Read
}

/** Reads that wait for the end of the turn. */
interface Batch {
  readonly positions: PiecePosition[]
  readonly pieces: Promise<readonly (StoredPiece | undefined)[]>
}

/** Pieces that a fetch keeps (FI-33). */
export interface Shelf {
  /** What was there at the start of the fetch; without it the data shards of each segment are tried. */
  readonly held?: (() => Promise<ReadonlyMap<number, readonly number[]>>) | undefined
  readonly read: Read
}

/** What a file's pieces on this device are good for: those it holds, and those an interrupted fetch left (FI-19, FI-33). */
export class LocalPieces {
  readonly #record: ManifestRecord
  readonly #places: Place[]
  readonly #onCorrupt: () => void

  /** @param shelf what a fetch of the file left or leaves here, if any */
  constructor(record: ManifestRecord, library: Library, shelf: Shelf | undefined, onCorrupt: () => void) {
    const { id, manifest } = record
    this.#record = record
    this.#onCorrupt = onCorrupt
    const own = listed(() => library.held(id))
    this.#places = [{ shards: own, read: batched((positions) => library.pieces(id, positions)) }]
    if (shelf === undefined) return
    const data = Array.from({ length: manifest.code.k }, (_, shard) => shard)
    const shards = shelf.held === undefined ? () => Promise.resolve(data) : listed(shelf.held)
    this.#places.push({ shards, read: batched(shelf.read) })
  }

  /** Up to `need` pieces of a segment, each checked: disks err too. */
  async take(segment: number, need: number): Promise<Map<number, Bytes>> {
    const pieces = new Map<number, Bytes>()
    for (const place of this.#places) {
      const shards = (await place.shards(segment)).filter((shard) => !pieces.has(shard))
      const positions = shards.slice(0, need - pieces.size).map((shard) => ({ segment, shard }))
      for (const piece of await place.read(positions)) {
        if (piece !== undefined && (await this.#isRight(piece))) pieces.set(piece.shard, piece.bytes)
      }
    }
    return pieces
  }

  async #isRight({ segment, shard, bytes, path }: StoredPiece): Promise<boolean> {
    try {
      await verifyPiece(this.#record.manifest, segment, shard, bytes, path)
      return true
    } catch (error) {
      if (errorName(error) !== 'CorruptPieceError') throw error
      this.#onCorrupt() // others may have it whole
      return false
    }
  }
}

/** Looks shards up in a list that is read once. */
function listed(held: () => Promise<ReadonlyMap<number, readonly number[]>>): Place['shards'] {
  let list: ReturnType<typeof held> | undefined
  return async (segment) => {
    list ??= held()
    return (await list).get(segment) ?? []
  }
}

/** Reads that are asked for in one turn go to the store as one: neighbours lie in one record there. */
function batched(read: Read): Read {
  let batch: Batch | undefined
  const begin = (): Batch => {
    const positions: PiecePosition[] = []
    const pieces = Promise.resolve().then(() => {
      batch = undefined
      return read(positions)
    })
    return { positions, pieces }
  }
  return async (positions) => {
    if (positions.length === 0) return []
    batch ??= begin()
    const from = batch.positions.length
    batch.positions.push(...positions)
    return (await batch.pieces).slice(from, from + positions.length)
  }
}
