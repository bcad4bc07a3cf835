import { TesseraError } from '../base/errors.ts'

/** Thrown when the store failed for another reason than space; `cause` is the platform's error. */
export class StorageError extends TesseraError {
  override name = 'StorageError'
}

/** Thrown when a log grew since its head was read: read the head again and sign anew. */
export class HeadMovedError extends TesseraError {
  override name = 'HeadMovedError'
}
