import { TesseraError } from '../src/core/base/errors.ts'

/** Thrown when the command line or environment cannot be understood. Exit code 2. */
export class UsageError extends TesseraError {
  override name = 'UsageError'
}

/** Thrown when the relay cannot start as it was told to; `message` says what to do. Exit code 1. */
export class StartError extends TesseraError {
  override name = 'StartError'
}
