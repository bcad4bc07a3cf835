import type { Bytes } from '../base/bytes.ts'
import { CorruptPieceError, InvalidSegmentError } from './errors.ts'
import type { CodeShape, RecodedSegment } from './index.ts'
import { leafHash } from './merkle.ts'
import type { ReedSolomon } from './reed-solomon.ts'

/**
 * Makes pieces of a segment from k others, sealed as they are: what a repairer does, who has no key (CES-54).
 *
 * @param pieces at least k checked pieces by shard index; passed through where they are wanted, not copied
 * @param wanted shard indices to give
 * @throws NotEnoughPiecesError, CorruptPieceError (lengths differ), InvalidSegmentError (no such shard)
 */
export async function recodeSegment(
  codec: ReedSolomon,
  code: CodeShape,
  segment: number,
  pieces: ReadonlyMap<number, Bytes>,
  wanted: readonly number[],
): Promise<RecodedSegment> {
  for (const shard of [...pieces.keys(), ...wanted]) {
    if (!Number.isInteger(shard) || shard < 0 || shard >= code.n) {
      throw new InvalidSegmentError(`expected a shard below ${String(code.n)}, got ${String(shard)}`)
    }
  }
  if (new Set([...pieces.values()].map(({ byteLength }) => byteLength)).size > 1) {
    throw new CorruptPieceError('expected pieces of one length')
  }
  const data = codec.decode(code, pieces) as readonly Bytes[] // of Bytes given it makes Bytes
  const all = [...data, ...codec.encode(code, data)]
  const leaves = await Promise.all(all.map((piece, shard) => leafHash(segment, shard, piece)))
  return { pieces: new Map(wanted.map((shard) => [shard, all[shard] ?? new Uint8Array()])), leaves }
}
