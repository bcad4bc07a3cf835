import type { Bytes } from '../base/bytes.ts'
import { AbortError, errorName } from '../base/errors.ts'
import { throwIfAborted } from '../base/wait.ts'
import {
  openingContext,
  pieceBytes,
  segmentPlainBytes,
  type Manifest,
  type ManifestRecord,
  type SegmentContext,
} from '../ces/index.ts'
import type { Card } from './cards.ts'
import { maxFetchBufferBytes } from './constants.ts'
import { CorruptFileError } from './errors.ts'
import type { FileSink, TransferState } from './index.ts'
import { ProgressMeter } from './progress.ts'
import { abortReason, SegmentPull, type PullComponents } from './segment-pull.ts'

/** One fetch as ordered. */
export interface FetchJob {
  readonly record: ManifestRecord
  readonly context: SegmentContext
  readonly sink: FileSink
  readonly signal: AbortSignal
  readonly onState: (state: TransferState) => void
}

/** A card whose key opens the file, and the context it opens with. */
export interface Opening {
  readonly card: Card
  readonly context: SegmentContext
}

/**
 * Of the cards that name the manifest's size, the first whose key fits (FI-20); the key of our own store goes first.
 * Throws `CorruptFileError`.
 */
export function openingOf(
  { manifest }: ManifestRecord,
  cards: readonly Card[],
  ownKey: Bytes | undefined,
): Opening {
  const fitting = cards.filter((card) => card.sizeBytes === manifest.sizeBytes)
  const [first] = fitting
  if (first === undefined) throw new CorruptFileError('its card says another size than its manifest')
  const candidates = fitting.map((card) => ({ card, key: card.key }))
  if (ownKey !== undefined) candidates.unshift({ card: first, key: ownKey })
  for (const { card, key } of candidates) {
    try {
      return { card, context: openingContext(manifest, key) }
    } catch (error) {
      if (errorName(error) !== 'WrongKeyError') throw error
    }
  }
  throw new CorruptFileError('no card of this file has its key')
}

/**
 * Writes a whole file to a sink, in order, opened segment by segment within a bounded window (FI-19).
 * The sink is not closed or aborted here. Throws `FileUnavailableError`, `CorruptFileError`, `AbortError`, and what the
 * sink throws.
 */
export async function fetchFile(components: PullComponents, job: FetchJob): Promise<void> {
  const { record, context, signal, onState } = job
  throwIfAborted(signal)
  const meter = new ProgressMeter(components.clock, record.manifest.sizeBytes)
  const report = (): void => {
    const holders = pull.holders()
    onState({ kind: 'fetching', progress: meter.now(), from: pull.active(), holders })
  }
  const pull = new SegmentPull(components, {
    ...{ record, context, onGoing: report },
    onWaiting: (missingShards) => onState({ kind: 'waiting', reason: 'no-holder', missingShards }),
  })
  const follow = (): void => pull.stop(abortReason(signal))
  signal.addEventListener('abort', follow, { once: true })
  try {
    pull.start()
    await writeInOrder(record.manifest, pull, async (bytes) => {
      throwIfAborted(signal)
      await job.sink.write(bytes)
      meter.add(bytes.byteLength)
      report()
    })
  } finally {
    signal.removeEventListener('abort', follow)
    pull.stop(new AbortError('the fetch is over'))
  }
}

/** Keeps a window of segments on their way and writes each as its turn comes. */
async function writeInOrder(
  manifest: Manifest,
  pull: SegmentPull,
  write: (bytes: Bytes) => Promise<void>,
): Promise<void> {
  const count = manifest.segments.length
  const window: { readonly bytes: Promise<Bytes>; readonly cost: number }[] = []
  let next = 0
  let windowBytes = 0
  while (next < count || window.length > 0) {
    while (
      next < count &&
      (window.length === 0 || windowBytes + costOf(manifest, next) <= maxFetchBufferBytes)
    ) {
      const cost = costOf(manifest, next)
      const bytes = pull.segment(next++)
      bytes.catch(() => {}) // met when its turn comes
      window.push({ bytes, cost })
      windowBytes += cost
    }
    const head = window.shift()
    if (head === undefined) break
    await write(await head.bytes)
    windowBytes -= head.cost
  }
}

/** Bytes that a segment may occupy while it is gathered and opened. */
export function costOf(manifest: Manifest, segment: number): number {
  const { sealedBytes } = manifest.segments[segment] ?? { sealedBytes: 0 }
  const { k } = manifest.code
  return k * pieceBytes(sealedBytes, k) + segmentPlainBytes(manifest, segment)
}
