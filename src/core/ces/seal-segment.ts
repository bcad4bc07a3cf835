import type { Bytes } from '../base/bytes.ts'
import { encrypt } from './cipher.ts'
import { pack } from './compress.ts'
import { tagBytes } from './constants.ts'
import type { SealedSegment, SegmentContext } from './index.ts'
import { leafHash } from './merkle.ts'
import { nonceOf, nonceUse, segmentAad } from './nonce.ts'
import { pieceBytes } from './plan.ts'
import type { ReedSolomon } from './reed-solomon.ts'
import { checkPlace } from './segment-rules.ts'

/**
 * Turns one segment of plaintext into n pieces with their leaves: compress, encrypt, code, hash (SPEC.md sections 3 to 6).
 *
 * @param scratch gives working memory of at least the length asked; used before the first await only, so one may serve all calls
 * @throws InvalidSegmentError when position and length do not fit the context
 */
export async function sealSegment(
  codec: ReedSolomon,
  scratch: (length: number) => Uint8Array,
  context: SegmentContext,
  segment: number,
  isLast: boolean,
  plaintext: Bytes,
): Promise<SealedSegment> {
  checkPlace(context, segment, isLast, plaintext.byteLength)
  const { code, key, noncePrefix } = context
  const packed = pack(plaintext)
  const sealedBytes = packed.bytes.byteLength + tagBytes
  const shardBytes = pieceBytes(sealedBytes, code.k)
  const padded = scratch(code.k * shardBytes).subarray(0, code.k * shardBytes)
  const nonce = nonceOf(noncePrefix, segment, isLast ? nonceUse.lastSegment : nonceUse.segment)
  const aad = segmentAad(context, packed.codec, plaintext.byteLength)
  encrypt(key, nonce, aad, packed.bytes, padded.subarray(0, sealedBytes))
  padded.fill(0, sealedBytes)

  const data = Array.from({ length: code.k }, (_, shard) =>
    padded.slice(shard * shardBytes, (shard + 1) * shardBytes),
  )
  const pieces = [...data, ...codec.encode(code, data)]
  const leaves = await Promise.all(pieces.map((piece, shard) => leafHash(segment, shard, piece)))
  return { codec: packed.codec, sealedBytes, pieces, leaves }
}
