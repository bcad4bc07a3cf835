import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import type { CodeShape } from './index.ts'
import { LruMap } from './lru-map.ts'
import { rowsAt } from './matrix.ts'
import { createReedSolomon } from './reed-solomon.ts'
import { createPackedKernel } from './rs-kernel.ts'
import { rowLoopKernel } from './testing/row-loop-kernel.ts'
import { combinations, noise, sameBytes } from './testing/sample-bytes.ts'
import { inverse, systematicMatrix } from './testing/vandermonde.ts'

const codec = createReedSolomon(createPackedKernel())
const oracle = createReedSolomon(rowLoopKernel)

const shardsOf = (k: number, length: number): Uint8Array[] =>
  Array.from({ length: k }, (_, i) => noise(length, k * 100 + i + 1))

const identity = (k: number): Uint8Array[] =>
  Array.from({ length: k }, (_, row) => Uint8Array.from({ length: k }, (_unused, i) => Number(i === row)))

function allShards(k: number, n: number, length: number): Map<number, Uint8Array> {
  const data = shardsOf(k, length)
  return new Map([...data, ...encode({ k, n }, data)].entries())
}

const only = (shards: Map<number, Uint8Array>, kept: readonly number[]): Map<number, Uint8Array> =>
  new Map([...shards].filter(([shard]) => kept.includes(shard)))

/** The parity shards that `coder` makes, over buffers of their own. */
function encode(shape: CodeShape, data: readonly Uint8Array[], coder = codec): Uint8Array[] {
  const length = data[0]?.byteLength ?? 0
  const parity = Array.from({ length: shape.n - shape.k }, () => new Uint8Array(length))
  coder.encode(shape, data, parity)
  return parity
}

/** The data shards that `coder` makes of others, over buffers of their own. */
function decode(shape: CodeShape, shards: ReadonlyMap<number, Uint8Array>, coder = codec): Uint8Array[] {
  const length = [...shards.values()][0]?.byteLength ?? 0
  const data = Array.from({ length: shape.k }, () => new Uint8Array(length))
  coder.decode(shape, shards, data)
  return data
}

describe('the Reed-Solomon code', () => {
  it('CES-51: gives the published 5 + 5 parity of the Backblaze and klauspost libraries', () => {
    const data = [[0, 1], [4, 5], [2, 3], [6, 7], [8, 9]].map((row) => Uint8Array.from(row)) // prettier-ignore
    const parity = encode({ k: 5, n: 10 }, data).map((row) => [...row])
    expect(parity).toEqual([[12, 13], [10, 11], [14, 15], [90, 91], [94, 95]]) // prettier-ignore
  })
  it('CES-51: gives parity 16..23 for 4 + 2 over the bytes 0..15', () => {
    const data = [0, 4, 8, 12].map((first) => Uint8Array.of(first, first + 1, first + 2, first + 3))
    expect(encode({ k: 4, n: 6 }, data).map((row) => [...row])).toEqual([[16, 17, 18, 19], [20, 21, 22, 23]]) // prettier-ignore
  })
  it.each([
    [1, 1, '655915954a42fa2e948d302bfc21b26405c2485b0120446c021b7dc360050a83'],
    [4, 2, 'ada605c724e471d333192a52f39424d906a76639611aac15884d6b8767eb9088'],
    [5, 5, '53d522d2f7320e67562bd40595cce8f04a5f8ec9b226d639436c25fe96a575a6'],
    [10, 4, 'd0ee3989e33d96323da09848e465ea3eb29255b6754e332c2d2b557a62573aa3'],
    [20, 10, 'e1168dad6ba7836152d4ed803a5a5b7596ed65f64e869cd3affabbfd91b72148'],
  ])('CES-51: gives the golden parity of %i + %i', (k, m, golden) => {
    const parity = encode({ k, n: k + m }, shardsOf(k, 1_024))
    const hash = createHash('sha256')
    for (const shard of parity) hash.update(shard)
    expect(hash.digest('hex')).toBe(golden)
  })
  it.each([
    [1, 1],
    [4, 2],
    [5, 5],
    [10, 4],
    [20, 10],
    [100, 155],
  ])('CES-51: the parity rows of %i + %i are those of the Vandermonde definition', (k, m) => {
    const indices = Array.from({ length: k + m }, (_, i) => i)
    const rows = rowsAt(indices.slice(0, k), indices.slice(k))
    expect([...identity(k), ...rows]).toEqual(systematicMatrix(k, k + m))
  })
  it('CES-52: the rows that rebuild are those of the inverted matrix', () => {
    const matrix = systematicMatrix(6, 12)
    for (const have of combinations([...matrix.keys()], 6)) {
      const missing = [0, 1, 2, 3, 4, 5].filter((shard) => !have.includes(shard))
      const inverted = inverse(have.map((shard) => matrix[shard] ?? new Uint8Array()))
      expect(rowsAt(have, missing)).toEqual(missing.map((shard) => inverted[shard]))
    }
  })
  it.each([[1, 3], [2, 6], [3, 6], [4, 8], [5, 8]])('CES-52: any %i of %i shards give the data back', (k, n) => {
    const shards = allShards(k, n, 64)
    for (const kept of combinations([...shards.keys()], k)) {
      expect(decode({ k, n }, only(shards, kept))).toEqual(shardsOf(k, 64))
    }
  }) // prettier-ignore
  it('CES-52: random survivors of random shapes up to 255 give the data back', () => {
    const shape = fc
      .integer({ min: 1, max: 254 })
      .chain((k) => fc.record({ k: fc.constant(k), n: fc.integer({ min: k, max: Math.min(255, k + 12) }) }))
    fc.assert(
      fc.property(shape, fc.integer({ min: 1 }), ({ k, n }, seed) => {
        const shards = allShards(k, n, 64)
        const order = noise(n, seed)
        const kept = [...shards.keys()].sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0) || a - b).slice(0, k)
        const data = decode({ k, n }, only(shards, kept))
        expect(sameBytes(concat(...data), concat(...shardsOf(k, 64)))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })
  it('CES-53: with k = 1 every shard is a copy over its own buffer', () => {
    const [data] = shardsOf(1, 64)
    const parity = encode({ k: 1, n: 4 }, data === undefined ? [] : [data])
    expect(parity).toEqual([data, data, data])
    expect(new Set(parity.map(({ buffer }) => buffer)).size).toBe(3)
  })
  it('CES-52: fewer than k shards are refused by name', () => {
    const shards = allShards(3, 5, 64)
    expect(() => decode({ k: 3, n: 5 }, only(shards, [1, 4]))).toThrow(
      expect.objectContaining({ name: 'NotEnoughPiecesError' }),
    )
  })
})

describe('the packed kernel', () => {
  it('equals its plain twin for any shape and length', () => {
    const cases = fc.record({
      k: fc.integer({ min: 2, max: 30 }),
      m: fc.integer({ min: 1, max: 20 }),
      length: fc.constantFrom(64, 128, 4_032, 4_096, 4_160, 8_256),
    })
    fc.assert(
      fc.property(cases, ({ k, m, length }) => {
        const data = shardsOf(k, length)
        const shape = { k, n: k + m }
        const [fast, plain] = [encode(shape, data), encode(shape, data, oracle)]
        expect(fast.length).toBe(m)
        fast.forEach((shard, i) => expect(sameBytes(shard, plain[i])).toBe(true))
      }),
      { numRuns: 30 },
    )
  })
  it('equals its plain twin when it decodes', () => {
    const shards = only(allShards(6, 12, 4_160), [1, 3, 7, 8, 10, 11])
    expect(decode({ k: 6, n: 12 }, shards)).toEqual(decode({ k: 6, n: 12 }, shards, oracle))
  })
})

describe('the matrix memory', () => {
  it('forgets what was used longest ago', () => {
    const kept = new LruMap<string, number>(2)
    kept.getOrMake('a', () => 1)
    kept.getOrMake('b', () => 2)
    kept.getOrMake('a', () => 9)
    kept.getOrMake('c', () => 3)
    expect(kept.size).toBe(2)
    expect(kept.getOrMake('a', () => 9)).toBe(1)
    expect(kept.getOrMake('b', () => 8)).toBe(8)
  })
})
