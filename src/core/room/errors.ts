import { ProtocolError, TesseraError } from '../base/errors.ts'

/** Thrown when a text is no link to a Tessera room at all. */
export class LinkNotTesseraError extends TesseraError {
  override name = 'LinkNotTesseraError'
}

/** Thrown when a link has nothing after `#/r/`. */
export class LinkMissingSecretError extends TesseraError {
  override name = 'LinkMissingSecretError'
}

/** Thrown when a link was cut off before its end. */
export class LinkTruncatedError extends TesseraError {
  override name = 'LinkTruncatedError'
}

/** Thrown when a link has more in it than it says. */
export class LinkLengthError extends TesseraError {
  override name = 'LinkLengthError'
}

/** Thrown when a link's format is not one this build knows: made by a newer Tessera. */
export class LinkFormatError extends TesseraError {
  override name = 'LinkFormatError'
}

/** Thrown when a link's characters do not fit its checksum: mistyped or altered. */
export class LinkChecksumError extends TesseraError {
  override name = 'LinkChecksumError'
}

/** Thrown when a peer does not know the room's secret. */
export class WrongSecretError extends ProtocolError {
  override name = 'WrongSecretError'
}

/** Thrown when a proof or nonce of an earlier handshake is shown again. */
export class ReplayedProofError extends ProtocolError {
  override name = 'ReplayedProofError'
}

/** Thrown when a peer has failed too often, or too many handshakes run at once. */
export class RateLimitError extends ProtocolError {
  override name = 'RateLimitError'
}
