import { transfer, type Remote } from 'comlink'
import { copyBytes, type Bytes } from '../../core/base/bytes.ts'
import { systemClock, type Clock } from '../../core/base/clock.ts'
import { AbortError, NotStartedError } from '../../core/base/errors.ts'
import { throwIfAborted } from '../../core/base/wait.ts'
import {
  EngineError,
  maxSpareBytes,
  pieceBytes,
  reviveError,
  Spares,
  tagBytes,
  type CesEngine,
  type SegmentOptions,
} from '../../core/ces/index.ts'
import type { Answer, CesWorkerApi } from '../../../workers/ces/api.ts'
import { WorkerSlot } from './worker-slot.ts'

/** More workers gain little: storage is the limit by then, and a phone's memory is not ours alone. */
const maxWorkers = 4

/** One segment works while the next is already there. */
const maxInFlight = 2

/** Segments that may wait for a worker, of all transfers together: 64 MiB when each is 256 KiB. Beyond it callers do not bound themselves. */
const maxQueued = 256

/** Options of {@link createCesPool}. */
export interface CesPoolInit {
  /** How many workers at most; one less than the cores, at most four, when not given. */
  readonly workers?: number
  /** Makes one worker; replaced in tests. */
  readonly createWorker?: () => Worker
  readonly clock?: Clock
}

interface Job {
  readonly run: (slot: CesSlot) => Promise<void>
  readonly fail: (thrown: unknown) => void
}

type CesSlot = WorkerSlot<CesWorkerApi>

type Send<T> = (api: Remote<CesWorkerApi>) => Promise<Answer<T>>

/** A worker that runs the engine, from its own chunk of the build. */
export function createCesWorker(): Worker {
  return new Worker(new URL('../../../workers/ces/ces.worker.ts', import.meta.url), {
    type: 'module',
    name: 'tessera-ces',
  })
}

/** The engine over a pool of workers (CES-71 to CES-74). Workers start with the first work and end when idle. */
export function createCesPool({
  workers = Math.max(1, Math.min((navigator.hardwareConcurrency || 2) - 1, maxWorkers)),
  createWorker = createCesWorker,
  clock = systemClock,
}: CesPoolInit = {}): CesEngine {
  const slots = Array.from({ length: workers }, () => {
    return new WorkerSlot<CesWorkerApi>(createWorker, clock, (message) => new EngineError(message))
  })
  const queue = createQueue(slots)
  const spares = new Spares(maxSpareBytes)
  return {
    concurrency: workers * maxInFlight,
    seal: (context, segment, isLast, plaintext, options = {}) =>
      queue.add(options, (api) => {
        const bytes = owned(plaintext)
        const { k, n } = context.code
        const spare = spares.take(pieceBytes(bytes.byteLength + tagBytes, k), n)
        const buffers = spare.map(({ buffer }) => buffer)
        const given = [transfer(bytes, [bytes.buffer]), transfer(spare, buffers)] as const
        return api.seal(context, segment, isLast, ...given)
      }),
    open: (context, segment, isLast, expected, pieces, options = {}) =>
      queue.add(options, (api) => api.open(context, segment, isLast, expected, handedOver(pieces))),
    recode: (code, segment, pieces, wanted, options = {}) =>
      queue.add(options, (api) => api.recode(code, segment, handedOver(pieces), wanted)),
    recycle: (pieces) => spares.give(pieces),
    stop() {
      spares.clear()
      queue.stop()
    },
  }
}

/** Hands jobs to slots, first come first served, never more than two to one. */
function createQueue(slots: readonly CesSlot[]): {
  add<T>(options: SegmentOptions, send: Send<T>): Promise<T>
  stop(): void
} {
  const waiting = new Set<Job>()
  let isStopped = false

  const pump = (): void => {
    for (const job of waiting) {
      const slot = freest(slots)
      if (slot === undefined) return
      waiting.delete(job)
      void job.run(slot).then(pump)
    }
  }
  return {
    async add<T>({ signal, onReport }: SegmentOptions, send: Send<T>) {
      if (isStopped) throw new NotStartedError('the CES engine is stopped')
      throwIfAborted(signal)
      if (waiting.size >= maxQueued) {
        throw new EngineError(`expected at most ${String(maxQueued)} segments waiting for the engine`)
      }
      return await new Promise<T>((resolve, reject) => {
        const onAbort = (): void => {
          waiting.delete(job)
          reject(new AbortError('the segment was cancelled', { cause: signal?.reason }))
        }
        const fail = (thrown: unknown): void => {
          signal?.removeEventListener('abort', onAbort)
          reject(reviveError(thrown))
        }
        const succeed = ({ value, report }: Answer<T>): void => {
          signal?.removeEventListener('abort', onAbort)
          if (report !== undefined && signal?.aborted !== true) onReport?.(report)
          resolve(value)
        }
        // Never rejects. After an abort the slot stays taken until its worker has answered; that answer is dropped.
        const job: Job = { fail, run: (slot) => slot.run(send).then(succeed, fail) }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.add(job)
        pump()
      })
    },
    stop() {
      isStopped = true
      const reason = new AbortError('the CES engine was stopped')
      for (const job of waiting) job.fail(reason)
      waiting.clear()
      for (const slot of slots) slot.end(reason)
    },
  }
}

/** The slot with the least to do, a running worker before one that must start; undefined when all are full. */
function freest(slots: readonly CesSlot[]): CesSlot | undefined {
  const [best] = slots
    .filter((slot) => slot.inFlight < maxInFlight)
    .sort((a, b) => a.inFlight - b.inFlight || Number(b.isAlive) - Number(a.isAlive))
  return best
}

/** Pieces marked for transfer with their buffers. */
function handedOver(pieces: ReadonlyMap<number, Bytes>): Map<number, Bytes> {
  const own = new Map([...pieces].map(([shard, piece]) => [shard, owned(piece)]))
  const buffers = new Set([...own.values()].map(({ buffer }) => buffer))
  return transfer(own, [...buffers])
}

/** Bytes that are all of their buffer, so that transferring takes nothing else along. */
function owned(bytes: Bytes): Bytes {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : copyBytes(bytes)
}
