import { transfer, type Remote } from 'comlink'
import { systemClock, type Clock } from '../../core/base/clock.ts'
import { errorName, QuotaExceededError } from '../../core/base/errors.ts'
import type { FileId } from '../../core/base/ids.ts'
import { StorageError, type PiecePosition, type StoredPiece } from '../../core/storage/index.ts'
import type { PiecesWorkerApi } from '../../../workers/pieces/api.ts'
import { WorkerSlot } from './worker-slot.ts'

/** Makes the worker of {@link PieceLogs}, from its own chunk of the build; it keeps logs in a folder of its name. */
function createPiecesWorker(name: string): Worker {
  return new Worker(new URL('../../../workers/pieces/pieces.worker.ts', import.meta.url), {
    type: 'module',
    name,
  })
}

/**
 * Pieces in logs of the browser's private file system (SPEC ST-10): written by a worker, straight to the file, at a fifth of what a Blob
 * in IndexedDB costs. All verbs throw `QuotaExceededError` or `StorageError`.
 */
export class PieceLogs {
  readonly #slot: WorkerSlot<PiecesWorkerApi>

  /** @param folder where the logs of one profile are */
  constructor(folder: string, createWorker = createPiecesWorker, clock: Clock = systemClock) {
    this.#slot = new WorkerSlot(
      () => createWorker(folder),
      clock,
      (message) => new StorageError(message),
    )
  }

  /** False where the browser has no such files, or gives none here. */
  async prepare(id: FileId): Promise<boolean> {
    try {
      await this.#slot.run((api) => api.prepare(id))
      return true
    } catch {
      return false
    }
  }

  /** Appends pieces, each in a buffer of its own, and gives them back; the buffers are out of the caller's hands meanwhile. */
  async put(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]> {
    const neededBytes = pieces.reduce((sum, { bytes, path }) => sum + bytes.byteLength + path.byteLength, 0)
    const buffers = pieces.map(({ bytes }) => bytes.buffer)
    const back = await this.#run((api) => api.put(id, transfer([...pieces], buffers)), neededBytes)
    return pieces.map((piece, i) => ({ ...piece, bytes: back[i] ?? new Uint8Array(0) }))
  }

  get(id: FileId, positions: readonly PiecePosition[]): Promise<readonly (StoredPiece | undefined)[]> {
    return this.#run((api) => api.get(id, positions))
  }

  held(id: FileId): Promise<readonly PiecePosition[]> {
    return this.#run((api) => api.held(id))
  }

  sizeBytes(id: FileId): Promise<number> {
    return this.#run((api) => api.sizeBytes(id))
  }

  remove(id: FileId): Promise<void> {
    return this.#run((api) => api.remove(id))
  }

  ids(): Promise<readonly FileId[]> {
    return this.#run((api) => api.ids())
  }

  /** Ends its worker. */
  stop(): void {
    this.#slot.end(new StorageError('the store was closed'))
  }

  async #run<T>(call: (api: Remote<PiecesWorkerApi>) => Promise<T>, neededBytes?: number): Promise<T> {
    try {
      return await this.#slot.run(call)
    } catch (cause) {
      if (errorName(cause) !== 'QuotaExceededError') {
        throw new StorageError(`kept pieces cannot be had: ${errorName(cause)}`, { cause })
      }
      const needed = neededBytes === undefined ? {} : { neededBytes }
      throw new QuotaExceededError('the browser allows no more bytes', { cause, ...needed })
    }
  }
}
