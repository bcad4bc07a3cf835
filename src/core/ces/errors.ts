import {
  AbortError,
  InvalidMessageError,
  NotStartedError,
  TesseraError,
  VersionError,
  errorName,
} from '../base/errors.ts'

/** Thrown when manifest bytes are too long, not canonical, or their figures contradict each other (CES-30 to CES-36). */
export class InvalidManifestError extends InvalidMessageError {
  override name = 'InvalidManifestError'
}

/** Thrown when a segment names a compression this build does not know. */
export class UnknownCodecError extends TesseraError {
  override name = 'UnknownCodecError'
}

/** Thrown when a manifest names a cipher this build does not know. */
export class UnknownCipherError extends TesseraError {
  override name = 'UnknownCipherError'
}

/** Thrown when a manifest names an erasure code this build does not know. */
export class UnknownCodeError extends TesseraError {
  override name = 'UnknownCodeError'
}

/** Thrown when a manifest names a hash this build does not know. */
export class UnknownHashError extends TesseraError {
  override name = 'UnknownHashError'
}

/** Thrown when a key is not the one that the manifest commits to, or has another length (CES-13). */
export class WrongKeyError extends TesseraError {
  override name = 'WrongKeyError'
}

/** Thrown when a piece does not have the length or the hash that its manifest demands: whoever gave it is at fault (CES-43). */
export class CorruptPieceError extends TesseraError {
  override name = 'CorruptPieceError'
}

/** Thrown when fewer than k pieces of a segment are at hand. `message` says how many there are and must be. */
export class NotEnoughPiecesError extends TesseraError {
  override name = 'NotEnoughPiecesError'
}

/** Thrown when the tag does not verify: other key, other place, other lengths, or changed bytes. No plaintext was released. */
export class DecryptionError extends TesseraError {
  override name = 'DecryptionError'
}

/** Thrown when compressed bytes are not deflate, or give more or fewer bytes than declared (CES-23). */
export class InflateError extends TesseraError {
  override name = 'InflateError'
}

/** Thrown when a file's name, media type or date is outside its bounds. */
export class InvalidMetaError extends TesseraError {
  override name = 'InvalidMetaError'
}

/** Thrown when a caller names a shape, segment, shard or length that the format does not have. */
export class InvalidSegmentError extends TesseraError {
  override name = 'InvalidSegmentError'
}

/** Thrown when a file has more segments than a manifest may list. `message` has the size and the limit in bytes. */
export class FileTooLargeError extends TesseraError {
  override name = 'FileTooLargeError'
}

/** Thrown when the engine itself failed: a worker could not start, crashed, did not answer, or too much was asked at once. */
export class EngineError extends TesseraError {
  override name = 'EngineError'
}

const kinds: readonly (new (message: string, options?: ErrorOptions) => TesseraError)[] = [
  AbortError,
  CorruptPieceError,
  DecryptionError,
  EngineError,
  FileTooLargeError,
  InflateError,
  InvalidManifestError,
  InvalidMessageError,
  InvalidMetaError,
  InvalidSegmentError,
  NotEnoughPiecesError,
  NotStartedError,
  UnknownCipherError,
  UnknownCodeError,
  UnknownCodecError,
  UnknownHashError,
  VersionError,
  WrongKeyError,
]
const kindByName = new Map(kinds.map((kind) => [new kind('').name, kind]))

/** The error that a worker threw, as an instance of its class again; anything that has none of our names becomes `EngineError`. */
export function reviveError(thrown: unknown): TesseraError {
  const message =
    thrown instanceof Error ? thrown.message : 'an engine worker threw something that is no error'
  const kind = kindByName.get(errorName(thrown))
  if (kind === undefined) return new EngineError(`an engine worker failed: ${message}`, { cause: thrown })
  return new kind(message, { cause: thrown })
}
