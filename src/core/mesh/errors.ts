import { TesseraError } from '../base/errors.ts'

/** Thrown when a peer could not be dialled; `message` lists what was tried. */
export class DialError extends TesseraError {
  override name = 'DialError'
}

/** Thrown when a stream is asked for and no fitting link to the peer exists. */
export class NoLinkError extends TesseraError {
  override name = 'NoLinkError'
}

/** Thrown when the peer does not answer the protocol (often an older or newer Tessera). */
export class ProtocolUnsupportedError extends TesseraError {
  override name = 'ProtocolUnsupportedError'
}

/** Thrown when no relay answers. */
export class RelayUnreachableError extends TesseraError {
  override name = 'RelayUnreachableError'
}

/** Thrown when a stream is used after it ended or broke. */
export class StreamClosedError extends TesseraError {
  override name = 'StreamClosedError'
}
