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
import type { KeptPieces } from './kept-pieces.ts'
import type { Shelf } from './local-pieces.ts'
import type { PauseSwitch } from './pause.ts'
import { ProgressMeter } from './progress.ts'
import { abortReason, SegmentPull, type PullComponents } from './segment-pull.ts'

/** Where a fetch leaves the pieces that come. */
export type Keeping = Pick<KeptPieces, 'isKeeping' | 'add'> & { readonly shelf?: Shelf }

/** One fetch as ordered. */
export interface FetchJob {
  readonly record: ManifestRecord
  readonly context: SegmentContext
  readonly sink: FileSink
  readonly pause: PauseSwitch
  /** Where its pieces are kept for a later run, if anywhere. */
  readonly kept: Keeping | undefined
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
  const { record, context, signal, onState, kept, pause } = job
  throwIfAborted(signal)
  const meter = new ProgressMeter(components.clock, record.manifest.sizeBytes)
  let missingShards = 0
  const report = (): void => {
    // Bytes that came before are still written while the rest is waited for.
    if (missingShards > 0) return onState({ kind: 'waiting', reason: 'no-holder', missingShards })
    const [holders, isKept] = [pull.holders(), kept?.isKeeping === true]
    onState({ kind: 'fetching', progress: meter.now(), from: pull.active(), holders, isKept })
  }
  const pull = new SegmentPull(components, {
    ...{ record, context, shelf: kept?.shelf },
    onPiece: kept === undefined ? undefined : (piece) => kept.add(piece),
    leftBytes: () => meter.leftBytes,
    onTurn: (missing) => {
      missingShards = missing
      report()
    },
  })
  const follow = (): void => pull.stop(abortReason(signal))
  signal.addEventListener('abort', follow, { once: true })
  const unwatch = pause.watch(() => pull.setPaused(pause.isPaused))
  pull.setPaused(pause.isPaused)
  try {
    pull.start()
    await writeInOrder(record.manifest, pull, async (bytes) => {
      await pause.passed(signal)
      await job.sink.write(bytes)
      meter.add(bytes.byteLength)
      report()
    })
  } finally {
    unwatch()
    signal.removeEventListener('abort', follow)
    pull.stop(new AbortError('the fetch is over'))
  }
}

/**
 * Keeps a window of segments on their way and writes each as its turn comes. The window is filled again once a quarter of it is empty, so
 * that what is on this device is read in large parts.
 */
async function writeInOrder(
  manifest: Manifest,
  pull: SegmentPull,
  write: (bytes: Bytes) => Promise<void>,
): Promise<void> {
  const count = manifest.segments.length
  const window: { readonly bytes: Promise<Bytes>; readonly cost: number }[] = []
  let next = 0
  let windowBytes = 0
  const fits = (): boolean => windowBytes + costOf(manifest, next) <= maxFetchBufferBytes
  const fill = (): void => {
    while (next < count && (window.length === 0 || fits())) {
      const cost = costOf(manifest, next)
      const bytes = pull.segment(next++)
      bytes.catch(() => {}) // met when its turn comes
      window.push({ bytes, cost })
      windowBytes += cost
    }
  }
  for (fill(); window.length > 0;) {
    const head = window.shift()
    if (head === undefined) return
    await write(await head.bytes)
    windowBytes -= head.cost
    if (windowBytes <= maxFetchBufferBytes * 0.75) fill()
  }
}

/** Bytes that a segment may occupy while it is gathered and opened. */
function costOf(manifest: Manifest, segment: number): number {
  const { sealedBytes } = manifest.segments[segment] ?? { sealedBytes: 0 }
  const { k } = manifest.code
  return k * pieceBytes(sealedBytes, k) + segmentPlainBytes(manifest, segment)
}
