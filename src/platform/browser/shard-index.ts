import type { FileId } from '../../core/base/ids.ts'
import { positionOf } from '../../core/storage/index.ts'
import type { PieceRow } from './schema.ts'

/** Which batch holds each position of one file; `upTo` is the highest batch read so far. */
export interface FileIndex {
  readonly batchOf: Map<string, number>
  upTo: number
}

/** Files whose positions stay in memory; about 1 MB for a file of 4 GB. The least recently used go first. */
const maxIndexedFiles = 64

/** Notes the rows of a batch; of two batches with one position the later holds it. */
export function addRows(index: FileIndex, batch: number, rows: readonly PieceRow[]): void {
  for (const row of rows) {
    const position = positionOf(row)
    index.batchOf.set(position, Math.max(batch, index.batchOf.get(position) ?? batch))
  }
  index.upTo = Math.max(index.upTo, batch)
}

/** Positions of the files in use. What it holds may be too much (another tab removed it), never too little up to `upTo`. */
export class ShardIndexes {
  readonly #indexes = new Map<FileId, FileIndex>()

  of(id: FileId): FileIndex {
    const index = this.#indexes.get(id) ?? { batchOf: new Map<string, number>(), upTo: -1 }
    this.#indexes.delete(id)
    this.#indexes.set(id, index)
    const oldest = this.#indexes.keys().next()
    if (this.#indexes.size > maxIndexedFiles && oldest.done !== true) this.#indexes.delete(oldest.value)
    return index
  }

  forget(id: FileId): void {
    this.#indexes.delete(id)
  }
}
