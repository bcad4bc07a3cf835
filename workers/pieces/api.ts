import type { Bytes } from '../../src/core/base/bytes.ts'
import type { FileId } from '../../src/core/base/ids.ts'
import type { PiecePosition, StoredPiece } from '../../src/core/storage/index.ts'

/** What the worker that keeps piece logs answers (SPEC ST-10). Calls are worked off one after the other. */
export interface PiecesWorkerApi {
  /** Makes ready to write; rejects where the browser has no private file system, or gives none of it. */
  prepare(id: FileId): Promise<void>
  /** Appends pieces, all or none; their buffers, which are transferred, come back. */
  put(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly Bytes[]>
  get(id: FileId, positions: readonly PiecePosition[]): Promise<readonly (StoredPiece | undefined)[]>
  held(id: FileId): Promise<readonly PiecePosition[]>
  /** Bytes of a file's logs on disk. */
  sizeBytes(id: FileId): Promise<number>
  remove(id: FileId): Promise<void>
  /** Files that have logs. */
  ids(): Promise<readonly FileId[]>
}
