import { describe, expect, it } from 'vitest'
import {
  createInlineEngine,
  openingContext,
  segmentPlainBytes,
  type CodeShape,
  type ExpectedSegment,
  type SegmentContext,
} from './index.ts'
import { noise } from './testing/sample-bytes.ts'
import { openFile, piecesOf, sealFile, type SealedFile } from './testing/sealed-file.ts'

const engine = createInlineEngine()
const code: CodeShape = { k: 1, n: 2 }
const full = 262_144 - 16

/** What a reader tries; each field may be an attacker's. */
interface Attempt {
  readonly context: SegmentContext
  readonly segment: number
  readonly isLast: boolean
  readonly expected: ExpectedSegment
  readonly from: { readonly file: SealedFile; readonly segment: number }
}

function honest(file: SealedFile, segment: number): Attempt {
  const { manifest } = file.record
  const row = manifest.segments[segment]
  if (row === undefined) throw new Error('no such segment')
  return {
    context: openingContext(manifest, file.key),
    segment,
    isLast: segment === manifest.segments.length - 1,
    expected: { ...row, plainBytes: segmentPlainBytes(manifest, segment) },
    from: { file, segment },
  }
}

async function attempt({ context, segment, isLast, expected, from }: Attempt): Promise<unknown> {
  return await engine.open(context, segment, isLast, expected, piecesOf(from.file, from.segment))
}

describe('STREAM over segments', () => {
  it.each([
    ['reordered', (file: SealedFile) => ({ ...honest(file, 0), from: { file, segment: 1 } })],
    [
      'dropped, the next in its place',
      (file: SealedFile) => ({ ...honest(file, 1), from: { file, segment: 2 } }),
    ],
    ['doubled', (file: SealedFile) => ({ ...honest(file, 1), from: { file, segment: 0 } })],
    [
      'cut after it, so that a middle one is last',
      (file: SealedFile) => ({ ...honest(file, 2), isLast: true }),
    ],
    ['extended, so that the last is not', (file: SealedFile) => ({ ...honest(file, 3), isLast: false })],
    ['taken for another position', (file: SealedFile) => ({ ...honest(file, 1), segment: 2 })],
  ])('CES-14: a segment %s is refused', async (_, attack) => {
    const file = await sealFile(engine, noise(4 * full), code)
    await expect(attempt(honest(file, 3))).resolves.toBeInstanceOf(Uint8Array)
    await expect(attempt(attack(file))).rejects.toMatchObject({ name: 'DecryptionError' })
  })
  it.each([
    ['its own key and prefix', 8],
    ['the same key and prefix', 7],
  ])('CES-11: a segment of another file with %s is refused', async (_, seed) => {
    const file = await sealFile(engine, noise(2 * full), code, 7)
    const other = await sealFile(engine, noise(3 * full), code, seed)
    await expect(attempt({ ...honest(file, 0), from: { file: other, segment: 0 } })).rejects.toMatchObject({
      name: 'DecryptionError',
    })
  })
  it('CES-11: another shape, segment length, size or prefix in the header is refused', async () => {
    const file = await sealFile(engine, noise(1_000), code)
    const { manifest } = file.record
    const changes = [
      { code: { k: 1, n: 3 } },
      { segmentBytes: manifest.segmentBytes + 64 },
      { sizeBytes: manifest.sizeBytes + 1 },
      { noncePrefix: noise(19, 99) },
    ]
    for (const change of changes) {
      const context = openingContext({ ...manifest, ...change }, file.key)
      await expect(attempt({ ...honest(file, 0), context })).rejects.toMatchObject({
        name: 'DecryptionError',
      })
    }
  })
  it('CES-14: raw bytes declared as deflate are refused by the tag, before the inflater sees them', async () => {
    const file = await sealFile(engine, noise(1_000), code)
    const expected = { codec: 1, sealedBytes: 1_016, plainBytes: 1_001 }
    await expect(attempt({ ...honest(file, 0), expected })).rejects.toMatchObject({ name: 'DecryptionError' })
  })
  it('CES-14: an empty file opens as empty, and an appended empty segment does not exist', async () => {
    const file = await sealFile(engine, new Uint8Array(), code)
    expect(await openFile(engine, file)).toEqual(new Uint8Array())
    await expect(attempt({ ...honest(file, 0), isLast: false })).rejects.toMatchObject({
      name: 'InvalidSegmentError',
    })
    await expect(attempt({ ...honest(file, 0), segment: 1 })).rejects.toMatchObject({
      name: 'InvalidSegmentError',
    })
  })
  it('CES-4: a counter past the last possible segment is refused before a nonce is made', async () => {
    const file = await sealFile(engine, noise(10), code)
    const context = openingContext(file.record.manifest, file.key)
    for (const segment of [65_536, 2 ** 32, -1, 0.5, Number.NaN]) {
      await expect(engine.seal(context, segment, true, noise(10))).rejects.toMatchObject({
        name: 'InvalidSegmentError',
      })
    }
  })
  it('CES-4: a segment that is too long, or short and not last, is not sealed', async () => {
    const file = await sealFile(engine, noise(10), code)
    const context = openingContext(file.record.manifest, file.key)
    for (const [length, isLast] of [
      [4_081, true],
      [4_079, false],
    ] as const) {
      await expect(engine.seal(context, 0, isLast, noise(length))).rejects.toMatchObject({
        name: 'InvalidSegmentError',
      })
    }
  })
  it('refuses figures that contradict each other, shards that do not exist and pieces of other lengths', async () => {
    const file = await sealFile(engine, noise(1_000), code)
    const base = honest(file, 0)
    const open = (expected: Partial<ExpectedSegment>, pieces = piecesOf(file, 0)): Promise<unknown> =>
      engine.open(base.context, 0, true, { ...base.expected, ...expected }, pieces)
    await expect(open({ codec: 2 })).rejects.toMatchObject({ name: 'UnknownCodecError' })
    await expect(open({ sealedBytes: 1_017 })).rejects.toMatchObject({ name: 'InvalidSegmentError' })
    await expect(open({ plainBytes: 2 ** 40 })).rejects.toMatchObject({ name: 'InvalidSegmentError' })
    await expect(open({ codec: 1, sealedBytes: 2 ** 40 })).rejects.toMatchObject({
      name: 'InvalidSegmentError',
    })
    await expect(open({}, new Map([[2, noise(1_024)]]))).rejects.toMatchObject({
      name: 'InvalidSegmentError',
    })
    await expect(open({}, new Map([[0, noise(960)]]))).rejects.toMatchObject({ name: 'CorruptPieceError' })
  })
})
