import type { Bytes } from '../base/bytes.ts'
import { encrypt } from './cipher.ts'
import { pack } from './compress.ts'
import { tagBytes } from './constants.ts'
import type { SealedSegment, SegmentContext } from './index.ts'
import { leafHash } from './merkle.ts'
import { nonceOf, nonceUse, segmentAad } from './nonce.ts'
import { pieceBytes } from './plan.ts'
import { shardViews, type ReedSolomon } from './reed-solomon.ts'
import { checkPlace } from './segment-rules.ts'
import type { Spares } from './spares.ts'
import type { Stopwatch } from './stopwatch.ts'

/**
 * Turns one segment of plaintext into n pieces with their leaves: compress, encrypt, code, hash (SPEC.md sections 3 to 6).
 *
 * @param codec its scratch is used before the first await only, so one may serve all calls
 * @param spares what pieces are written into
 * @throws InvalidSegmentError when position and length do not fit the context
 */
export async function sealSegment(
  codec: ReedSolomon,
  spares: Spares,
  watch: Stopwatch,
  context: SegmentContext,
  segment: number,
  isLast: boolean,
  plaintext: Bytes,
): Promise<SealedSegment> {
  checkPlace(context, segment, isLast, plaintext.byteLength)
  const { code, key, noncePrefix } = context
  const packed = pack(plaintext)
  watch.lap('compress')
  const sealedBytes = packed.bytes.byteLength + tagBytes
  const shardBytes = pieceBytes(sealedBytes, code.k)
  const padded = codec.scratch(code.k * shardBytes).subarray(0, code.k * shardBytes)
  const nonce = nonceOf(noncePrefix, segment, isLast ? nonceUse.lastSegment : nonceUse.segment)
  const aad = segmentAad(context, packed.codec, plaintext.byteLength)
  encrypt(key, nonce, aad, packed.bytes, padded.subarray(0, sealedBytes))
  padded.fill(0, sealedBytes)
  watch.lap('encrypt')

  const data = shardViews(padded, shardBytes)
  const pieces = Array.from({ length: code.n }, () => spares.takeOrMake(shardBytes))
  codec.encode(code, data, pieces.slice(code.k))
  watch.lap('code')
  // Data pieces leave the kernel's memory one by one, each hashed while it is in the cache.
  const hashing = pieces.map((piece, shard) => {
    piece.set(data[shard] ?? [])
    return leafHash(segment, shard, piece)
  })
  const leaves = await Promise.all(hashing)
  watch.lap('hash')
  return { codec: packed.codec, sealedBytes, pieces, leaves }
}
