import {
  codecDeflate,
  codecRaw,
  hashBytes,
  maxSealedMetaBytes,
  maxSegments,
  maxShardBytes,
  maxShards,
  minShardBytes,
  noncePrefixBytes,
  shardAlignBytes,
  tagBytes,
} from './constants.ts'
import { InvalidManifestError, UnknownCodecError } from './errors.ts'
import type { Manifest, SegmentRow } from './index.ts'
import { segmentCount, segmentPlainBytes } from './plan.ts'

/**
 * Checks every figure of a manifest against its bounds and against the others (CES-33 to CES-36).
 *
 * @throws UnknownCodecError for a compression from a newer build
 * @throws InvalidManifestError naming the figure, what was expected and what came
 */
export function checkManifest(manifest: Manifest): void {
  const { code, segmentBytes, sizeBytes, segments } = manifest
  demand(Number.isInteger(code.n) && code.n <= maxShards, 'n', `at most ${String(maxShards)}`, code.n)
  demand(Number.isInteger(code.k) && code.k >= 1 && code.k <= code.n, 'k', `1 to ${String(code.n)}`, code.k)
  const shardBytes = (segmentBytes + tagBytes) / code.k
  demand(
    shardBytes >= minShardBytes && shardBytes <= maxShardBytes && shardBytes % shardAlignBytes === 0,
    'segmentBytes',
    `k shards of ${String(minShardBytes)} to ${String(maxShardBytes)} bytes in steps of ${String(shardAlignBytes)}, less the tag`,
    segmentBytes,
  )
  demand(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'sizeBytes', 'a whole number', sizeBytes)
  const count = segmentCount(sizeBytes, segmentBytes)
  demand(count <= maxSegments, 'segments', `at most ${String(maxSegments)}`, count)
  demand(segments.length === count, 'segments', `${String(count)} for this size`, segments.length)
  const lastBytes = segmentPlainBytes(manifest, count - 1)
  segments.forEach((row, i) => checkRow(row, i === count - 1 ? lastBytes : segmentBytes))
  demandLength('noncePrefix', manifest.noncePrefix, noncePrefixBytes)
  demandLength('root', manifest.root, hashBytes)
  demandLength('keyCommitment', manifest.keyCommitment, hashBytes)
  demandLength('sealedMeta', manifest.sealedMeta, tagBytes, maxSealedMetaBytes)
}

/** A raw segment is its plaintext and a tag; a compressed one is smaller than that and not empty. No text is made for a row that is right. */
function checkRow({ codec, sealedBytes }: SegmentRow, plainBytes: number): void {
  const rawBytes = plainBytes + tagBytes
  if (codec === codecRaw) {
    if (sealedBytes !== rawBytes) demand(false, 'sealedBytes', String(rawBytes), sealedBytes)
    return
  }
  if (codec !== codecDeflate) throw new UnknownCodecError(`no codec with id ${String(codec)} here`)
  if (!Number.isInteger(sealedBytes) || sealedBytes <= tagBytes || sealedBytes >= rawBytes) {
    demand(false, 'sealedBytes', `between ${String(tagBytes)} and ${String(rawBytes)}`, sealedBytes)
  }
}

function demandLength(what: string, bytes: Uint8Array, min: number, max = min): void {
  const length = bytes.byteLength
  demand(length >= min && length <= max, what, `${String(min)} to ${String(max)} bytes`, length)
}

function demand(isMet: boolean, what: string, expected: string, got: number): void {
  if (!isMet) throw new InvalidManifestError(`${what}: expected ${expected}, got ${String(got)}`)
}
