import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createInlineEngine, openMeta, openingContext, pieceBytes, verifyPiece } from './index.ts'
import { noise, prose, sameBytes } from './testing/sample-bytes.ts'
import { openFile, sealFile } from './testing/sealed-file.ts'

const engine = createInlineEngine()
const full = 2 * 262_144 - 16

describe('a sealed file', () => {
  it.each([0, 1, 15, 4_079, 4_080, 4_081, full - 1, full, full + 1])(
    'CES-4: of %i bytes, text or random, opens byte-identical',
    async (sizeBytes) => {
      for (const bytes of [prose(sizeBytes), noise(sizeBytes)]) {
        const file = await sealFile(engine, bytes, { k: 2, n: 3 })
        expect(sameBytes(bytes, await openFile(engine, file, (_, shard) => shard !== 0))).toBe(true)
      }
    },
  )
  it('CES-52: opens after any n − k shards of each segment are lost', async () => {
    const shape = fc
      .integer({ min: 1, max: 8 })
      .chain((k) => fc.record({ k: fc.constant(k), n: fc.integer({ min: k, max: k + 6 }) }))
    const content = fc.record({
      sizeBytes: fc.nat(60_000),
      isText: fc.boolean(),
      seed: fc.integer({ min: 1 }),
    })
    await fc.assert(
      fc.asyncProperty(shape, content, async (code, { sizeBytes, isText, seed }) => {
        const bytes = isText ? prose(sizeBytes) : noise(sizeBytes, seed)
        const file = await sealFile(engine, bytes, code, seed % 1_000)
        const order = noise(code.n, seed)
        const survivors = [...order.keys()].sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0)).slice(0, code.k)
        const opened = await openFile(engine, file, (_, shard) => survivors.includes(shard))
        expect(sameBytes(bytes, opened)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
  it('CES-16: sealed again under one context gives the same pieces', async () => {
    const [a, b] = [
      await sealFile(engine, prose(5_000), { k: 2, n: 4 }),
      await sealFile(engine, prose(5_000), { k: 2, n: 4 }),
    ]
    expect(a.record.id).toBe(b.record.id)
  })
  it('CES-50: is padded with zeros, whatever its engine worked on before', async () => {
    const used = createInlineEngine()
    await sealFile(used, noise(100_000), { k: 1, n: 1 })
    const file = await sealFile(used, prose(50), { k: 1, n: 1 })
    const [segment] = file.segments
    expect(segment?.pieces[0]?.subarray(segment.sealedBytes)).toEqual(new Uint8Array(128 - 66))
    expect(file.record.id).toBe((await sealFile(createInlineEngine(), prose(50), { k: 1, n: 1 })).record.id)
  })
  it('CES-10: shared twice has nothing in common', async () => {
    const [a, b] = [
      await sealFile(engine, prose(5_000), { k: 1, n: 2 }, 1),
      await sealFile(engine, prose(5_000), { k: 1, n: 2 }, 2),
    ]
    expect(a.record.id).not.toBe(b.record.id)
    expect(a.segments[0]?.pieces[0]).not.toEqual(b.segments[0]?.pieces[0])
  })
  it('CES-15: tells its name to who has the key', async () => {
    const meta = { name: 'café.txt', mediaType: 'text/plain' }
    const { record, key } = await sealFile(engine, prose(10), { k: 1, n: 1 }, 3, meta)
    expect(openMeta(openingContext(record.manifest, key), record.manifest.sealedMeta)).toEqual(meta)
  })
  it('CES-13: does not open with another key', async () => {
    const file = await sealFile(engine, prose(10), { k: 1, n: 1 })
    await expect(openFile(engine, { ...file, key: noise(32, 4) })).rejects.toMatchObject({
      name: 'WrongKeyError',
    })
  })
})

describe('a piece', () => {
  const corrupt = { name: 'CorruptPieceError' }
  const invalid = { name: 'InvalidSegmentError' }
  const sealed = sealFile(engine, noise(full + 5_000), { k: 2, n: 5 })

  it('CES-43: with its path is accepted at its own place only', async () => {
    const { record, segments, tree } = await sealed
    for (const [segment, { pieces }] of segments.entries()) {
      for (const [shard, piece] of pieces.entries()) {
        const path = tree.path(segment * 5 + shard)
        await verifyPiece(record.manifest, segment, shard, piece, path)
        await expect(
          verifyPiece(record.manifest, segment, (shard + 1) % 5, piece, path),
        ).rejects.toMatchObject(corrupt)
        await expect(verifyPiece(record.manifest, 1 - segment, shard, piece, path)).rejects.toMatchObject(
          corrupt,
        )
      }
    }
  })
  it('CES-43: that is changed, cut, longer, or has a changed path is CorruptPieceError', async () => {
    const { record, segments, tree } = await sealed
    const piece = segments[1]?.pieces[3] ?? new Uint8Array()
    const path = tree.path(8)
    expect(piece.byteLength).toBe(pieceBytes(5_016, 2))
    const changed = piece.slice()
    changed[100] = (changed[100] ?? 0) ^ 1
    const changedPath = path.slice()
    changedPath[3] = (changedPath[3] ?? 0) ^ 1
    const tries = [
      [changed, path],
      [piece.slice(0, -1), path],
      [new Uint8Array([...piece, 0]), path],
      [new Uint8Array(), path],
      [piece, changedPath],
      [piece, path.slice(32)],
      [piece, path.slice(1)],
      [piece, new Uint8Array()],
    ] as const
    for (const [bytes, proof] of tries) {
      await expect(verifyPiece(record.manifest, 1, 3, bytes, proof)).rejects.toMatchObject(corrupt)
    }
  })
  it('CES-43: of another length says so, before anything is hashed', async () => {
    const { record, tree } = await sealed
    await expect(verifyPiece(record.manifest, 1, 3, noise(64), tree.path(8))).rejects.toThrow(
      /2560 bytes, got 64/,
    )
  })
  it.each([[2, 0], [-1, 0], [0, 5], [0, -1], [0, 0.5], [Number.NaN, 0]])('CES-43: at %d/%d, which the file does not have, is the asker’s fault', async (segment, shard) => {
    const { record } = await sealed
    await expect(verifyPiece(record.manifest, segment, shard, noise(64), new Uint8Array())).rejects.toMatchObject(invalid)
  }) // prettier-ignore
})
