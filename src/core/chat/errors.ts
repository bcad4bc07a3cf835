import { ProtocolError, TesseraError } from '../base/errors.ts'

/** Thrown when a message has nothing that could be shown. */
export class EmptyMessageError extends TesseraError {
  override name = 'EmptyMessageError'
}

/** Thrown before anything is stored when a text is over 64 KiB of UTF-8, or a file's name over 1,024 characters. */
export class MessageTooLongError extends TesseraError {
  override name = 'MessageTooLongError'
}

/** Thrown when an entry or receipt is not signed by the account it names. */
export class BadSignatureError extends ProtocolError {
  override name = 'BadSignatureError'
}

/** Thrown when an entry or receipt was made for another room. */
export class ForeignRoomEntryError extends ProtocolError {
  override name = 'ForeignRoomEntryError'
}

/** Thrown when an answer's entries are not the ones asked for, or do not follow one another. */
export class BrokenChainError extends ProtocolError {
  override name = 'BrokenChainError'
}

/** Thrown when an author signed two entries for one position, or a history other than the one held here. */
export class ForkedLogError extends ProtocolError {
  override name = 'ForkedLogError'
}

/** Thrown when a log, or the room's history, has reached the most that is kept. */
export class LogFullError extends ProtocolError {
  override name = 'LogFullError'
}
