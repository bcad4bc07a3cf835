import { InvalidMessageError, ProtocolError, TesseraError } from '../base/errors.ts'

/** Thrown when a call is started or accepted while another one goes on. */
export class AlreadyInCallError extends TesseraError {
  override name = 'AlreadyInCallError'
}

/** Thrown when somebody is to be rung into a call while we are in none. */
export class NotInCallError extends TesseraError {
  override name = 'NotInCallError'
}

/** Thrown when no tab of the person is reachable now. */
export class NotReachableError extends TesseraError {
  override name = 'NotReachableError'
}

/** Thrown when a call that is to be joined has as many people as a mesh can carry. */
export class CallFullError extends TesseraError {
  override name = 'CallFullError'
}

/** Thrown when a call is to hide addresses and the relay offers no TURN server to hide behind. */
export class NoTurnServerError extends TesseraError {
  override name = 'NoTurnServerError'
}

/** Thrown when the DTLS certificate in use is not the one the authenticated signalling stream announced. */
export class FingerprintMismatchError extends TesseraError {
  override name = 'FingerprintMismatchError'
}

/** Thrown for a session description that lacks what every one of ours has, or has more than any of ours would. */
export class DescriptionError extends InvalidMessageError {
  override name = 'DescriptionError'
}

/** Thrown for a candidate that is malformed, or of an ICE generation that no description announced. */
export class CandidateError extends InvalidMessageError {
  override name = 'CandidateError'
}

/** Thrown for a signal or message that may not come at this point: an answer without an offer, an accept without a ring. */
export class SignalOrderError extends ProtocolError {
  override name = 'SignalOrderError'
}

/** Thrown when one side sends more descriptions, candidates or announcements than an honest one ever would. */
export class SignalFloodError extends ProtocolError {
  override name = 'SignalFloodError'
}

/** Thrown when an invite names a call that has rung here before. */
export class RepeatedCallError extends ProtocolError {
  override name = 'RepeatedCallError'
}
