import { TesseraError } from '../base/errors.ts'

/** Thrown when a call is started or accepted while another one goes on. */
export class AlreadyInCallError extends TesseraError {
  override name = 'AlreadyInCallError'
}

/** Thrown when no tab of the person is reachable now. */
export class NotReachableError extends TesseraError {
  override name = 'NotReachableError'
}

/** Thrown when the DTLS certificate in use is not the one the authenticated signalling stream announced. */
export class FingerprintMismatchError extends TesseraError {
  override name = 'FingerprintMismatchError'
}
