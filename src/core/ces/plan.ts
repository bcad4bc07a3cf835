import {
  maxSegments,
  maxShardBytes,
  maxShards,
  minShardBytes,
  shardAlignBytes,
  tagBytes,
} from './constants.ts'
import { FileTooLargeError, InvalidSegmentError } from './errors.ts'
import type { CodeShape, FileHeader } from './index.ts'

/** How a file is cut. */
export interface SegmentPlan {
  /** Plaintext bytes in every segment but the last. */
  readonly segmentBytes: number
  /** How many segments there are; an empty file has one, which is empty. */
  readonly segments: number
}

/**
 * Cuts a file into segments (CES-3, CES-4): 256 KiB shards, or one segment of smaller shards when the file is small.
 * A full segment with its tag fills k shards exactly.
 *
 * @throws FileTooLargeError over 65,536 segments
 * @throws InvalidSegmentError for an impossible shape or size
 */
export function planSegments(sizeBytes: number, shape: CodeShape): SegmentPlan {
  checkShape(shape)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new InvalidSegmentError(`expected a file size in bytes, got ${String(sizeBytes)}`)
  }
  const full = shape.k * maxShardBytes - tagBytes
  if (sizeBytes <= full) {
    const shardBytes = Math.max(minShardBytes, pieceBytes(sizeBytes + tagBytes, shape.k))
    return { segmentBytes: shape.k * shardBytes - tagBytes, segments: 1 }
  }
  if (sizeBytes > full * maxSegments) {
    throw new FileTooLargeError(
      `expected at most ${String(full * maxSegments)} bytes, got ${String(sizeBytes)}`,
    )
  }
  return { segmentBytes: full, segments: segmentCount(sizeBytes, full) }
}

/** Segments of a file: ceil(size / segment), and one for an empty file (CES-4). */
export function segmentCount(sizeBytes: number, segmentBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / segmentBytes))
}

/** Plaintext bytes of segment `index`, 0-based. Throws `InvalidSegmentError` when the file has no such segment. */
export function segmentPlainBytes(
  { sizeBytes, segmentBytes }: Pick<FileHeader, 'sizeBytes' | 'segmentBytes'>,
  index: number,
): number {
  const count = segmentCount(sizeBytes, segmentBytes)
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
    throw new InvalidSegmentError(`expected a segment below ${String(count)}, got ${String(index)}`)
  }
  return index === count - 1 ? sizeBytes - index * segmentBytes : segmentBytes
}

/** Bytes of each of a segment's pieces (CES-5): a k-th of the sealed bytes, rounded up to whole 64. */
export function pieceBytes(sealedBytes: number, k: number): number {
  return Math.ceil(Math.ceil(sealedBytes / k) / shardAlignBytes) * shardAlignBytes
}

/** Throws `InvalidSegmentError` unless 1 ≤ k ≤ n ≤ 255. */
export function checkShape({ k, n }: CodeShape): void {
  const isWhole = Number.isInteger(k) && Number.isInteger(n)
  if (!isWhole || k < 1 || n < k || n > maxShards) {
    throw new InvalidSegmentError(
      `expected 1 ≤ k ≤ n ≤ ${String(maxShards)}, got k ${String(k)}, n ${String(n)}`,
    )
  }
}
