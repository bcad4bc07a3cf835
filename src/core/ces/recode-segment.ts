import type { Bytes } from '../base/bytes.ts'
import { CorruptPieceError, InvalidSegmentError } from './errors.ts'
import type { CodeShape, RecodedSegment } from './index.ts'
import { leafHash } from './merkle.ts'
import type { ReedSolomon } from './reed-solomon.ts'

/**
 * Makes pieces of a segment from k others, sealed as they are: what a repairer does, who has no key (CES-54).
 *
 * @param pieces at least k checked pieces by shard index; left as they are
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
  const [first] = pieces.values()
  const fresh = (count: number): Bytes[] =>
    Array.from({ length: count }, () => new Uint8Array(first?.byteLength ?? 0))
  const [data, parity] = [fresh(code.k), fresh(code.n - code.k)]
  codec.decode(code, pieces, data)
  codec.encode(code, data, parity)
  const all = [...data, ...parity]
  const leaves = await Promise.all(all.map((piece, shard) => leafHash(segment, shard, piece)))
  return { pieces: new Map(wanted.map((shard) => [shard, all[shard] ?? new Uint8Array()])), leaves }
}
