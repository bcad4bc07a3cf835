/**
 * The root of every error Tessera raises on purpose.
 *
 * `name` is stable and is what code and tests compare: across a worker or the wire only name and
 * message survive. `message` says what was expected and what came.
 */
export class TesseraError extends Error {
  override name = 'TesseraError'
}

/** Thrown when bytes from a peer do not have the shape their protocol demands (bound, parse or check failed). */
export class InvalidMessageError extends TesseraError {
  override name = 'InvalidMessageError'
}

/** Thrown when a well-formed message breaks a rule of its protocol: wrong order, over a rate, not allowed now. */
export class ProtocolError extends TesseraError {
  override name = 'ProtocolError'
}

/** Thrown when a peer speaks a protocol version this build does not know. */
export class VersionError extends TesseraError {
  override name = 'VersionError'
}

/** Thrown when a wait passed its own limit. `message` names the wait and the limit in ms. */
export class TimeoutError extends TesseraError {
  override name = 'TimeoutError'
}

/** Thrown when an operation was ended because its `AbortSignal` fired. Never shown to a person as a failure. */
export class AbortError extends TesseraError {
  override name = 'AbortError'
}

/** Thrown when a verb is used on a part that is not started, or already stopped. */
export class NotStartedError extends TesseraError {
  override name = 'NotStartedError'
}

/** Thrown when the browser or disk refuses more bytes. `neededBytes` is what the operation asked for, when known. */
export class QuotaExceededError extends TesseraError {
  override name = 'QuotaExceededError'
  readonly neededBytes: number | undefined
  /** What the platform says is left, where it was asked. */
  readonly freeBytes: number | undefined
  constructor(message: string, options: ErrorOptions & { neededBytes?: number; freeBytes?: number } = {}) {
    super(message, options)
    this.neededBytes = options.neededBytes
    this.freeBytes = options.freeBytes
  }
}

/** The stable name of any thrown value; `'UnknownError'` when it has none. */
export function errorName(error: unknown): string {
  if (error instanceof Error) return error.name
  if (typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string') {
    return error.name
  }
  return 'UnknownError'
}

/** True when a thrown value means "stopped on request", by us or by the platform. */
export function isAbort(error: unknown): boolean {
  return errorName(error) === 'AbortError'
}
