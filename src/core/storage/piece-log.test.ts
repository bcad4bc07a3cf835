import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { pieceLogHead, readPieceLog } from './piece-log.ts'
import type { StoredPiece } from './index.ts'

const small = (max: number) => fc.uint8Array({ maxLength: max }).map((bytes) => new Uint8Array(bytes))
const anyPiece: fc.Arbitrary<StoredPiece> = fc.record({
  segment: fc.nat({ max: 0xffffffff }),
  shard: fc.nat({ max: 254 }),
  bytes: small(60),
  path: small(40),
})
const logOf = (pieces: readonly StoredPiece[]) =>
  concat(...pieces.flatMap((piece) => [pieceLogHead(piece), piece.bytes]))
const entriesOf = (log: Uint8Array<ArrayBuffer>, sizeBytes = log.byteLength) =>
  readPieceLog(sizeBytes, (at, length) => {
    expect(at + length).toBeLessThanOrEqual(sizeBytes)
    return log.subarray(at, at + length)
  })

describe('a log of pieces', () => {
  it('ST-10 gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 6 }), (pieces) => {
        const log = logOf(pieces)
        const read = entriesOf(log).map(({ segment, shard, at, pathLength, length }) => ({
          ...{ segment, shard },
          path: log.slice(at, at + pathLength),
          bytes: log.slice(at + pathLength, at + pathLength + length),
        }))
        expect(read).toEqual(pieces)
      }),
    )
  })
  it('ST-10 cut off anywhere, it has the whole ones before that', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { minLength: 1, maxLength: 5 }), fc.nat(), (pieces, cut) => {
        const log = logOf(pieces)
        const sizeBytes = cut % log.byteLength
        const whole = pieces.filter((_, i) => logOf(pieces.slice(0, i + 1)).byteLength <= sizeBytes)
        expect(entriesOf(log.slice(0, sizeBytes)).map(({ shard }) => shard)).toEqual(
          whole.map(({ shard }) => shard),
        )
      }),
    )
  })
  it('ST-10 whatever else is in a file ends it', () => {
    fc.assert(
      fc.property(fc.array(anyPiece, { maxLength: 3 }), small(300), (pieces, rest) => {
        fc.pre(rest[0] !== 0x54)
        expect(entriesOf(concat(logOf(pieces), rest))).toHaveLength(pieces.length)
      }),
    )
  })
})
