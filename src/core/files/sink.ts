import { errorName } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { FileSink } from './index.ts'

/** Tells a sink to leave nothing behind. Its own failure to do so is logged: the first error is what counts. */
export async function abortSink(sink: FileSink, error: unknown, logger: Logger): Promise<void> {
  try {
    await sink.abort(error instanceof Error ? error : new Error(errorName(error)))
  } catch (second) {
    logger('warn', 'sink could not be cleaned', { error: errorName(second) })
  }
}
