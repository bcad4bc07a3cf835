import { describe, expect, it } from 'vitest'
import { createInlineEngine, runSelfTest, type CesEngine, type SelfTestInit } from './index.ts'
import { seededRandom } from './testing/sample-bytes.ts'

const code = { k: 4, n: 6 }

function init(rest: Partial<SelfTestInit> = {}): SelfTestInit {
  let ms = 0
  return {
    ...{ engine: createInlineEngine(), sizeBytes: 2_500_000, code, lostShards: 2, content: 'random' },
    ...{ random: seededRandom(5), now: () => ms++ },
    ...rest,
  }
}

/** The engine with one verb that does something else. */
function broken(verbs: Partial<CesEngine>): CesEngine {
  return { ...createInlineEngine(), ...verbs }
}

describe('the self-test', () => {
  it.each([0, 1, 100_000, 4 * 262_144 - 16, 2_500_000])(
    'CES-80: %i bytes survive every bearable loss, byte for byte',
    async (sizeBytes) => {
      for (const lostShards of [0, 1, 2]) {
        const result = await runSelfTest(init({ sizeBytes, lostShards }))
        expect(result.failure).toBeUndefined()
        expect(result.lostPieces).toBe(lostShards * result.segments)
      }
    },
  )

  it('CES-80: tells shards, ratios, kernel and the time of each stage', async () => {
    const result = await runSelfTest(init())
    expect(result).toMatchObject({ code, segments: 3, shardBytes: 262_144, lostPieces: 6 })
    expect(result.packedRatio).toBeCloseTo(1, 3)
    expect(result.storedRatio).toBeCloseTo(1.5, 2)
    expect(result.kernel).toMatch(/simd/)
    expect([...result.stageMs.keys()]).toEqual([
      ...['compress', 'encrypt', 'code', 'hash'],
      ...['verify', 'rebuild', 'decrypt'],
    ])
    const text = await runSelfTest(init({ content: 'text' }))
    expect(text.failure).toBeUndefined()
    expect(text.packedRatio).toBeLessThan(0.5)
    expect([...text.stageMs.keys()]).toContain('inflate')
  })

  it('CES-80: one loss too many is a failure to rebuild, with its name', async () => {
    const { failure } = await runSelfTest(init({ lostShards: 3 }))
    expect(failure).toMatchObject({ step: 'rebuild', segment: 0, name: 'NotEnoughPiecesError' })
  })

  it('CES-80: an engine that makes a wrong piece is found out where the piece is verified', async () => {
    const inner = createInlineEngine()
    const engine = broken({
      seal: async (context, segment, ...rest) => {
        const sealed = await inner.seal(context, segment, ...rest)
        if (segment === 1) sealed.pieces[5]?.fill(1, 0, 9)
        return sealed
      },
    })
    const { failure } = await runSelfTest(init({ engine, lostShards: 0 }))
    expect(failure).toMatchObject({ step: 'verify', segment: 1, name: 'CorruptPieceError' })
    expect(failure?.message).toContain('piece 1/5')
  })

  it('CES-80: an engine that gives other bytes back, or fails to seal, is found out', async () => {
    const opening = broken({
      open: async (_context, _segment, _isLast, { plainBytes }) => new Uint8Array(plainBytes),
    })
    expect((await runSelfTest(init({ engine: opening }))).failure).toMatchObject({ step: 'compare' })
    const sealing = broken({ seal: () => Promise.reject(new RangeError('no memory')) })
    expect((await runSelfTest(init({ engine: sealing }))).failure).toEqual({
      ...{ step: 'seal', segment: 0, name: 'RangeError', message: 'no memory' },
    })
  })

  it('CES-81: the same seed repeats keys, content and losses', async () => {
    const seen: string[] = []
    for (let run = 0; run < 2; run++) {
      const inner = createInlineEngine()
      const engine = broken({
        open: (context, segment, isLast, expected, pieces, options) => {
          seen.push(
            `${String(segment)}: ${[...pieces.keys()].join()} ${String(pieces.values().next().value?.[0])}`,
          )
          return inner.open(context, segment, isLast, expected, pieces, options)
        },
      })
      expect((await runSelfTest(init({ engine }))).failure).toBeUndefined()
    }
    expect(seen.slice(0, 3).sort()).toEqual(seen.slice(3).sort())
  })

  it('tells how far it is, and stops within a segment when it is told to', async () => {
    const told: number[] = []
    await runSelfTest(init({ onProgress: (done) => told.push(done) }))
    expect(told).toEqual([1, 2, 3, 4, 5, 6].map((part) => part / 6))
    const controller = new AbortController()
    const stopped = runSelfTest(init({ onProgress: () => controller.abort(), signal: controller.signal }))
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
  })
})
