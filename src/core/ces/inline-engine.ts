import { NotStartedError } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'
import type { CesEngine } from './index.ts'
import { openSegment } from './open-segment.ts'
import { recodeSegment } from './recode-segment.ts'
import { createReedSolomon } from './reed-solomon.ts'
import { createPackedKernel, type RsKernel } from './rs-kernel.ts'
import { createScratch } from './scratch.ts'
import { sealSegment } from './seal-segment.ts'

/** Two: hashing, which runs off this thread, overlaps with the next segment. */
const inlineConcurrency = 2

/**
 * An engine that runs in the calling thread: in a worker, in Node, in tests. Keeps one working buffer of the largest segment
 * it has met. A running step is not interrupted by `signal`; its result is dropped.
 */
export function createInlineEngine(kernel: RsKernel = createPackedKernel()): CesEngine {
  const codec = createReedSolomon(kernel)
  const scratch = createScratch()
  let isStopped = false
  const check = (signal: AbortSignal | undefined): void => {
    if (isStopped) throw new NotStartedError('the CES engine is stopped')
    throwIfAborted(signal)
  }
  return {
    concurrency: inlineConcurrency,
    async seal(context, segment, isLast, plaintext, options = {}) {
      check(options.signal)
      const sealed = await sealSegment(codec, scratch, context, segment, isLast, plaintext)
      check(options.signal)
      return sealed
    },
    async open(context, segment, isLast, expected, pieces, options = {}) {
      check(options.signal)
      return openSegment(codec, scratch, context, segment, isLast, expected, pieces)
    },
    async recode(code, segment, pieces, wanted, options = {}) {
      check(options.signal)
      const recoded = await recodeSegment(codec, code, segment, pieces, wanted)
      check(options.signal)
      return recoded
    },
    stop() {
      isStopped = true
    },
  }
}
