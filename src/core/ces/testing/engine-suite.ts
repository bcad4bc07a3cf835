import { afterEach, describe, expect, it } from 'vitest'
import { openingContext, segmentPlainBytes, type CesEngine, type SegmentReport } from '../index.ts'
import { noise, prose, sameBytes } from './sample-bytes.ts'
import { openFile, piecesOf, sealFile } from './sealed-file.ts'

/** What every {@link CesEngine} must hold, wherever it runs. */
export function describeEngine(name: string, createEngine: () => CesEngine): void {
  const engines: CesEngine[] = []
  const start = (): CesEngine => {
    const engine = createEngine()
    engines.push(engine)
    return engine
  }
  afterEach(() => engines.splice(0).forEach((engine) => engine.stop()))

  describe(`${name} as an engine`, () => {
    it.each([
      ['text', prose(700_000)],
      ['random bytes', noise(700_000)],
    ])('gives back %s from any k shards', async (_, bytes) => {
      const file = await sealFile(start(), bytes, { k: 2, n: 4 })
      expect(sameBytes(bytes, await openFile(start(), file))).toBe(true)
      const halved = await openFile(start(), file, (segment, shard) => (shard + segment) % 2 === 1)
      expect(sameBytes(bytes, halved)).toBe(true)
    })
    it('gives each piece its own buffer', async () => {
      const file = await sealFile(start(), prose(10_000), { k: 2, n: 4 })
      for (const piece of file.segments[0]?.pieces ?? [])
        expect(piece.buffer.byteLength).toBe(piece.byteLength)
    })
    it('CES-70: writes recycled buffers anew, and gives each of them out once', async () => {
      const engine = start()
      const first = await sealFile(engine, noise(500_000), { k: 2, n: 4 })
      const spoilt = first.segments.flatMap(({ pieces }) => pieces.map((piece) => piece.fill(255)))
      engine.recycle([...spoilt, ...spoilt.map((piece) => piece.subarray(1)), new Uint8Array()])
      const [again, next] = [
        await sealFile(engine, noise(500_000, 5), { k: 2, n: 4 }),
        await sealFile(engine, noise(500_000, 6), { k: 2, n: 4 }),
      ]
      expect(again.record.id).toBe((await sealFile(start(), noise(500_000, 5), { k: 2, n: 4 })).record.id)
      expect(sameBytes(noise(500_000, 5), await openFile(engine, again))).toBe(true)
      expect(sameBytes(noise(500_000, 6), await openFile(engine, next))).toBe(true)
    })
    it('CES-77: tells its kernel and the time of each stage to who asks', async () => {
      const reports: SegmentReport[] = []
      const options = { onReport: (report: SegmentReport) => void reports.push(report) }
      const file = await sealFile(start(), prose(10_000), { k: 2, n: 4 })
      const { manifest } = file.record
      const context = openingContext(manifest, file.key)
      const engine = start()
      await engine.seal(context, 0, true, prose(10_000), options)
      const expected = { ...row(manifest.segments), plainBytes: 10_000 }
      await engine.open(context, 0, true, expected, piecesOf(file, 0), options)
      expect(reports.map(({ stageMs }) => [...stageMs.keys()])).toEqual([
        ['compress', 'encrypt', 'code', 'hash'],
        ['rebuild', 'decrypt', 'inflate'],
      ])
      for (const { kernel, stageMs } of reports) {
        expect(['relaxed-simd', 'simd']).toContain(kernel)
        for (const ms of stageMs.values()) expect(ms).toBeGreaterThanOrEqual(0)
      }
    })
    it('makes pieces from others without a key', async () => {
      const file = await sealFile(start(), prose(700_000), { k: 2, n: 4 })
      const pieces = piecesOf(file, 1, (shard) => shard > 1)
      const recoded = await start().recode({ k: 2, n: 4 }, 1, pieces, [0])
      expect(recoded.pieces.get(0)).toEqual(file.segments[1]?.pieces[0])
      expect(recoded.leaves).toEqual(file.segments[1]?.leaves)
    })
    it('says when pieces are too few, by name', async () => {
      const file = await sealFile(start(), prose(10_000), { k: 3, n: 5 })
      await expect(openFile(start(), file, (_, shard) => shard < 2)).rejects.toMatchObject({
        name: 'NotEnoughPiecesError',
      })
    })
    it('releases nothing when a piece was changed, by name', async () => {
      const file = await sealFile(start(), prose(10_000), { k: 2, n: 3 })
      const { manifest } = file.record
      const pieces = piecesOf(file, 0)
      pieces.get(0)?.fill(7, 3, 4)
      const expected = { ...row(manifest.segments), plainBytes: segmentPlainBytes(manifest, 0) }
      const opened = start().open(openingContext(manifest, file.key), 0, true, expected, pieces)
      await expect(opened).rejects.toMatchObject({ name: 'DecryptionError' })
    })
    it('does nothing for a signal that has fired', async () => {
      const file = await sealFile(start(), prose(10_000), { k: 1, n: 1 })
      const { manifest } = file.record
      const context = openingContext(manifest, file.key)
      const signal = AbortSignal.abort()
      const expected = { ...row(manifest.segments), plainBytes: 10_000 }
      const opened = start().open(context, 0, true, expected, piecesOf(file, 0), { signal })
      await expect(opened).rejects.toMatchObject({ name: 'AbortError' })
      const sealed = start().seal(context, 0, true, prose(10_000), { signal })
      await expect(sealed).rejects.toMatchObject({ name: 'AbortError' })
    })
    it('does nothing after it was stopped, and stops twice', async () => {
      const file = await sealFile(start(), prose(100), { k: 1, n: 1 })
      const stopped = start()
      stopped.stop()
      stopped.stop()
      await expect(openFile(stopped, file)).rejects.toMatchObject({ name: 'NotStartedError' })
    })
  })
}

function row<T>(rows: readonly T[]): T {
  const [first] = rows
  if (first === undefined) throw new Error('the file has no segment')
  return first
}
