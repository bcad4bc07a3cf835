import type { Bytes } from '../base/bytes.ts'
import { inflate } from './compress.ts'
import { codecDeflate, codecRaw, tagBytes } from './constants.ts'
import { CorruptPieceError, InvalidSegmentError, UnknownCodecError } from './errors.ts'
import type { ExpectedSegment, SegmentContext } from './index.ts'
import type { Decrypt } from './native-cipher.ts'
import { nonceOf, nonceUse, segmentAad } from './nonce.ts'
import { pieceBytes } from './plan.ts'
import { shardViews, type ReedSolomon } from './reed-solomon.ts'
import { checkPlace } from './segment-rules.ts'
import type { Stopwatch } from './stopwatch.ts'

/**
 * Turns any k verified pieces back into one segment of plaintext: rebuild, authenticate, decrypt, inflate.
 *
 * @param codec its scratch is used before this function gives its promise only
 * @param decrypt with the key of the context
 * @returns exactly `expected.plainBytes` bytes in a new buffer that the caller owns
 * @throws NotEnoughPiecesError, CorruptPieceError (length or shard index), DecryptionError, InflateError, UnknownCodecError, InvalidSegmentError
 */
export async function openSegment(
  codec: ReedSolomon,
  decrypt: Decrypt,
  watch: Stopwatch,
  context: SegmentContext,
  segment: number,
  isLast: boolean,
  expected: ExpectedSegment,
  pieces: ReadonlyMap<number, Uint8Array>,
): Promise<Bytes> {
  checkPlace(context, segment, isLast, expected.plainBytes)
  checkExpected(expected)
  const { code, noncePrefix } = context
  const shardBytes = pieceBytes(expected.sealedBytes, code.k)
  checkPieces(pieces, code.n, shardBytes)

  const padded = codec.scratch(code.k * shardBytes)
  codec.decode(code, pieces, shardViews(padded, shardBytes))
  watch.lap('rebuild')
  const nonce = nonceOf(noncePrefix, segment, isLast ? nonceUse.lastSegment : nonceUse.segment)
  const aad = segmentAad(context, expected.codec, expected.plainBytes)
  const opened = await decrypt(nonce, aad, padded.subarray(0, expected.sealedBytes))
  watch.lap('decrypt')
  if (expected.codec === codecRaw) return opened
  const plaintext = inflate(opened, expected.plainBytes)
  watch.lap('inflate')
  return plaintext
}

/** The manifest's own rule for a row (CES-35), again: the engine must not depend on who called it. */
function checkExpected({ codec, sealedBytes, plainBytes }: ExpectedSegment): void {
  if (codec !== codecRaw && codec !== codecDeflate) {
    throw new UnknownCodecError(`no codec with id ${String(codec)} here`)
  }
  const most = plainBytes + tagBytes
  const isRight =
    codec === codecRaw
      ? sealedBytes === most
      : Number.isInteger(sealedBytes) && sealedBytes > tagBytes && sealedBytes < most
  if (!isRight) {
    throw new InvalidSegmentError(
      `${String(plainBytes)} bytes cannot be sealed in ${String(sealedBytes)} with codec ${String(codec)}`,
    )
  }
}

function checkPieces(pieces: ReadonlyMap<number, Uint8Array>, n: number, shardBytes: number): void {
  for (const [shard, piece] of pieces) {
    if (!Number.isInteger(shard) || shard < 0 || shard >= n) {
      throw new InvalidSegmentError(`expected a shard below ${String(n)}, got ${String(shard)}`)
    }
    if (piece.byteLength !== shardBytes) {
      throw new CorruptPieceError(
        `shard ${String(shard)}: expected ${String(shardBytes)} bytes, got ${String(piece.byteLength)}`,
      )
    }
  }
}
