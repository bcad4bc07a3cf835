import { TesseraError } from '../base/errors.ts'

/** Thrown when the store failed for another reason than space; `cause` is the platform's error. */
export class StorageError extends TesseraError {
  override name = 'StorageError'
}

/** Thrown when the platform lets this site keep nothing: private windows of some browsers, blocked site data, a broken profile. */
export class StorageDeniedError extends StorageError {
  override name = 'StorageDeniedError'
}

/** Thrown when tabs of an older version hold the data in its older shape and do not let go. */
export class StorageBlockedError extends StorageError {
  override name = 'StorageBlockedError'
}

/** Thrown when a newer version has changed the shape of the data: this build cannot read it. */
export class StorageOutdatedError extends StorageError {
  override name = 'StorageOutdatedError'
}

/** Thrown when a log grew since its head was read: read the head again and sign anew. */
export class HeadMovedError extends TesseraError {
  override name = 'HeadMovedError'
}
