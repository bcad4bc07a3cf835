import { TesseraError } from '../base/errors.ts'

/** Thrown when a source file is gone, shorter, longer or of other content than when its share began. */
export class SourceChangedError extends TesseraError {
  override name = 'SourceChangedError'
}

/** Thrown when a file id has no card in this room and nothing of it is kept here. */
export class UnknownFileError extends TesseraError {
  override name = 'UnknownFileError'
}

/** Thrown when a room already has as many files as it may. */
export class TooManyFilesError extends TesseraError {
  override name = 'TooManyFilesError'
}

/** Thrown when pieces are missing with everyone who could be asked. */
export class FileUnavailableError extends TesseraError {
  override name = 'FileUnavailableError'
  /** Distinct shards that were missing for the first segment that could not be rebuilt; 0 when not even the manifest was found. */
  readonly missingShards: number
  /** True when someone who may hold them is away: trying later can help. */
  readonly waitingHelps: boolean
  constructor(
    message: string,
    options: ErrorOptions & { readonly missingShards: number; readonly waitingHelps: boolean },
  ) {
    super(message, options)
    this.missingShards = options.missingShards
    this.waitingHelps = options.waitingHelps
  }
}

/** Thrown when every piece is as its sharer made it, yet the file does not open: wrong key, wrong lengths, garbage inside. */
export class CorruptFileError extends TesseraError {
  override name = 'CorruptFileError'
}

/** Thrown when a holder does not have a piece or manifest that it was asked for. */
export class PieceMissingError extends TesseraError {
  override name = 'PieceMissingError'
}

/** Thrown when a holder was silent for too long while bytes were owed. Never counts as hostile. */
export class HolderStalledError extends TesseraError {
  override name = 'HolderStalledError'
}

/** Why a member declines: no room left here, more than this device gives to any file, not known here, too much at once, freed here on purpose, or it failed. */
export type RefusalReason = 'no-space' | 'too-large' | 'unknown' | 'busy' | 'declined' | 'failed'

/** Thrown when a member declines an offer or a request. */
export class RefusedError extends TesseraError {
  override name = 'RefusedError'
  readonly reason: RefusalReason
  constructor(message: string, options: ErrorOptions & { readonly reason: RefusalReason }) {
    super(message, options)
    this.reason = options.reason
  }
}

/** Thrown when something is to be sent to one account whose agreement key is not known here: it uses an older build, or was never met. */
export class NoAgreementKeyError extends TesseraError {
  override name = 'NoAgreementKeyError'
}

/** Thrown when a read asks for bytes that a file does not have, or for more than one read may give. */
export class InvalidRangeError extends TesseraError {
  override name = 'InvalidRangeError'
}

/** Thrown when as many readers are open as one room may have: one was not closed. */
export class TooManyReadersError extends TesseraError {
  override name = 'TooManyReadersError'
}

/** Thrown when a transfer is to be tried again that is not known here, or was not a fetch. */
export class UnknownTransferError extends TesseraError {
  override name = 'UnknownTransferError'
}

/** Thrown when a transfer is to be tried again that still runs. */
export class TransferRunningError extends TesseraError {
  override name = 'TransferRunningError'
}

/** Thrown when a file that should be a sealed one is not, or is damaged. Nothing of it was kept. */
export class InvalidSealedFileError extends TesseraError {
  override name = 'InvalidSealedFileError'
}

/** Thrown when a newer build made a sealed file. */
export class SealedFileVersionError extends TesseraError {
  override name = 'SealedFileVersionError'
}

/** Thrown when a sealed file ends before it is whole. Nothing of it was kept. */
export class SealedFileCutError extends TesseraError {
  override name = 'SealedFileCutError'
}

/** Thrown when a sealed file belongs to a room whose cards do not know it: it could not be opened here. */
export class ForeignSealedFileError extends TesseraError {
  override name = 'ForeignSealedFileError'
}
