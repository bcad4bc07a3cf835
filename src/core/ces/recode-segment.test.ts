import { describe, expect, it } from 'vitest'
import { createInlineEngine } from './index.ts'
import { noise } from './testing/sample-bytes.ts'
import { piecesOf, sealFile } from './testing/sealed-file.ts'

const engine = createInlineEngine()

describe('recoding', () => {
  it.each([
    [1, 1],
    [1, 3],
    [2, 4],
    [2, 6],
    [3, 9],
    [4, 12],
  ])('CES-54: %i of %i: any k pieces give every other one, byte by byte, with its leaf', async (k, n) => {
    const file = await sealFile(engine, noise(50_000), { k, n })
    const sealed = file.segments[0]
    for (let first = 0; first + k <= n; first++) {
      const pieces = piecesOf(file, 0, (shard) => shard >= first && shard < first + k)
      const all = Array.from({ length: n }, (_, i) => i)
      const recoded = await engine.recode({ k, n }, 0, pieces, all)
      expect([...recoded.pieces.values()]).toEqual(sealed?.pieces)
      expect(recoded.leaves).toEqual(sealed?.leaves)
    }
  })

  it('CES-54: gives the pieces that were wanted and no others', async () => {
    const file = await sealFile(engine, noise(50_000), { k: 2, n: 6 })
    const recoded = await engine.recode({ k: 2, n: 6 }, 0, piecesOf(file, 0), [5, 3])
    expect([...recoded.pieces.keys()]).toEqual([5, 3])
    expect(recoded.leaves).toHaveLength(6)
  })

  it('CES-54: too few pieces, unequal ones, and shards that the code has not are refused by name', async () => {
    const code = { k: 2, n: 4 }
    const file = await sealFile(engine, noise(10_000), code)
    const few = engine.recode(
      code,
      0,
      piecesOf(file, 0, (shard) => shard === 1),
      [0],
    )
    await expect(few).rejects.toMatchObject({ name: 'NotEnoughPiecesError' })
    const unequal = engine.recode(code, 0, piecesOf(file, 0).set(0, noise(64)), [3])
    await expect(unequal).rejects.toMatchObject({ name: 'CorruptPieceError' })
    const foreign = engine.recode(code, 0, piecesOf(file, 0), [4])
    await expect(foreign).rejects.toMatchObject({ name: 'InvalidSegmentError' })
  })
})
