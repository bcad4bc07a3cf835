import { NotStartedError } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'
import { chooseKernel } from './choose-kernel.ts'
import { keepCipherFast } from './cipher.ts'
import { maxSpareBytes } from './constants.ts'
import type { CesEngine, SegmentOptions } from './index.ts'
import { Decryptors } from './native-cipher.ts'
import { openSegment } from './open-segment.ts'
import { recodeSegment } from './recode-segment.ts'
import { createReedSolomon } from './reed-solomon.ts'
import type { RsKernel } from './rs-kernel.ts'
import { sealSegment } from './seal-segment.ts'
import { Spares } from './spares.ts'
import { Stopwatch } from './stopwatch.ts'

/** Two: hashing, which runs off this thread, overlaps with the next segment. */
const inlineConcurrency = 2

/** Options of {@link createInlineEngine}. */
export interface InlineEngineInit {
  /** The fastest that works here when not given. */
  readonly kernel?: RsKernel
  /** Milliseconds from any start, for the times of stages. */
  readonly now?: () => number
}

/**
 * An engine that runs in the calling thread: in a worker, in Node, in tests. Keeps one working memory of the largest segment
 * it has met. A running step is not interrupted by `signal`; its result is dropped.
 */
export function createInlineEngine({
  kernel = chooseKernel(),
  now = () => performance.now(),
}: InlineEngineInit = {}): CesEngine {
  const codec = createReedSolomon(kernel)
  const decryptors = new Decryptors()
  const spares = new Spares(maxSpareBytes)
  const callOff = keepCipherFast()
  let isStopped = false
  const check = (signal: AbortSignal | undefined): void => {
    if (isStopped) throw new NotStartedError('the CES engine is stopped')
    throwIfAborted(signal)
  }
  const report = (watch: Stopwatch, { onReport }: SegmentOptions): void =>
    onReport?.({ kernel: codec.kernel, stageMs: watch.stageMs })
  return {
    concurrency: inlineConcurrency,
    async seal(context, segment, isLast, plaintext, options = {}) {
      check(options.signal)
      const watch = new Stopwatch(now)
      const sealed = await sealSegment(codec, spares, watch, context, segment, isLast, plaintext)
      check(options.signal)
      report(watch, options)
      return sealed
    },
    async open(context, segment, isLast, expected, pieces, options = {}) {
      check(options.signal)
      const watch = new Stopwatch(now)
      // Nothing is awaited between the rebuilding and the reading of its result: both are in the codec's one working memory.
      const decrypt = await decryptors.of(context.key, context.noncePrefix)
      check(options.signal)
      const plaintext = await openSegment(codec, decrypt, watch, context, segment, isLast, expected, pieces)
      report(watch, options)
      return plaintext
    },
    recycle: (pieces) => spares.give(pieces),
    async recode(code, segment, pieces, wanted, options = {}) {
      check(options.signal)
      const recoded = await recodeSegment(codec, code, segment, pieces, wanted)
      check(options.signal)
      return recoded
    },
    stop() {
      isStopped = true
      spares.clear()
      callOff()
    },
  }
}
