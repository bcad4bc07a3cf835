import { equalBytes, type Bytes } from '../base/bytes.ts'
import { CorruptPieceError, InvalidSegmentError } from './errors.ts'
import type { Manifest } from './index.ts'
import { leafHash, leafIndex, rootOf } from './merkle.ts'
import { pieceBytes } from './plan.ts'

/**
 * Checks a piece from anyone against the manifest, before it is kept, passed on or opened (CES-43).
 * Needs no key: this is what the verify capability can do.
 *
 * @param path 32-byte nodes from leaf to root, concatenated
 * @throws CorruptPieceError when length, bytes or path are not this position's
 * @throws InvalidSegmentError when the file has no such segment or shard: the caller's fault
 */
export async function verifyPiece(
  manifest: Manifest,
  segment: number,
  shard: number,
  bytes: Bytes,
  path: Uint8Array,
): Promise<void> {
  const row = manifest.segments[segment]
  const { k, n } = manifest.code
  if (row === undefined || !Number.isInteger(shard) || shard < 0 || shard >= n) {
    throw new InvalidSegmentError(`the file has no segment ${String(segment)}, shard ${String(shard)}`)
  }
  const where = `piece ${String(segment)}/${String(shard)}`
  const expectedBytes = pieceBytes(row.sealedBytes, k)
  if (bytes.byteLength !== expectedBytes) {
    throw new CorruptPieceError(
      `${where}: expected ${String(expectedBytes)} bytes, got ${String(bytes.byteLength)}`,
    )
  }
  const leaf = await leafHash(segment, shard, bytes)
  const root = rootOf(manifest.segments.length * n, leafIndex(manifest.code, segment, shard), leaf, path)
  if (root === undefined || !equalBytes(root, manifest.root)) {
    throw new CorruptPieceError(`${where}: bytes and path do not lead to the root of the manifest`)
  }
}
