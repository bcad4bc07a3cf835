import { beforeAll, describe, expect, it } from 'vitest'
import { errorName } from '../base/errors.ts'
import {
  createInlineEngine,
  openingContext,
  segmentPlainBytes,
  verifyPiece,
  type CodeShape,
  type SegmentContext,
} from './index.ts'
import { corruptors, pieceAt, type Corruptor, type GivenPiece, type Loot } from './testing/corruptors.ts'
import { noise, prose, sameBytes } from './testing/sample-bytes.ts'
import { piecesOf, sealFile, type SealedFile } from './testing/sealed-file.ts'

const engine = createInlineEngine()
const code: CodeShape = { k: 3, n: 7 }
const fullSegment = 3 * 262_144 - 16

const sizes = [
  ['150 bytes', noise(150, 9), 0],
  ['50,000 bytes of text', prose(50_000), 0],
  ['two segments and a half', noise(2.5 * fullSegment, 9), 1],
] as const

/** Names that a piece may be refused with when nobody has verified it before it is opened. */
const openErrors = new Set(['DecryptionError', 'CorruptPieceError', 'InvalidSegmentError'])

async function plunder(bytes: Uint8Array, segment: number): Promise<Omit<Loot, 'shard'>> {
  const changed = Uint8Array.from(bytes, (byte, at) => (at % 50 === 0 ? byte ^ 1 : byte))
  return {
    file: await sealFile(engine, bytes, code, 7),
    otherFile: await sealFile(engine, bytes, code, 8),
    olderFile: await sealFile(engine, changed, code, 7),
    segment,
  }
}

function contextOf({ record, key }: SealedFile): SegmentContext {
  return openingContext(record.manifest, key)
}

/** Their loot was sealed under the same key and nonce, so its tag is right too; only CES-43 tells it from the file. */
const sealedTwice = new Set([
  'piece of an older version',
  'data of an older version under the path of this one',
])

/** Opens from k right pieces, none of them this shard's: what a reader does that has refused it. */
async function openWithout(loot: Loot): Promise<unknown> {
  const shard = (loot.shard + 1) % code.n
  return await openWith({ ...loot, shard }, pieceAt(loot.file, loot.segment, shard))
}

/** Opens from the given piece and as many right ones as make k; nobody has verified any of them. */
async function openWith({ file, segment, shard }: Loot, given: GivenPiece): Promise<unknown> {
  const { manifest } = file.record
  const row = manifest.segments[segment]
  if (row === undefined) throw new Error('no such segment')
  const others = [1, 2].map((step) => (shard + step) % code.n)
  const pieces = piecesOf(file, segment, (one) => others.includes(one)).set(shard, given.bytes.slice())
  const isLast = segment === manifest.segments.length - 1
  const expected = { ...row, plainBytes: segmentPlainBytes(manifest, segment) }
  return await engine
    .open(contextOf(file), segment, isLast, expected, pieces)
    .catch((error: unknown) => errorName(error))
}

async function verify({ file, segment, shard }: Loot, given: GivenPiece): Promise<unknown> {
  return await verifyPiece(file.record.manifest, segment, shard, given.bytes, given.path).catch(
    (error: unknown) => error,
  )
}

/**
 * The corruptor against one shard: refused, blamed on that piece alone, the file right without it, and no wrong byte out even
 * when nobody verified. Only a writer who breaks CES-16 gets other bytes past the tag: his own older ones.
 */
async function attack(name: string, corrupt: Corruptor, loot: Loot, plaintext: Uint8Array): Promise<void> {
  const right = pieceAt(loot.file, loot.segment, loot.shard)
  const wrong = corrupt(right, loot)
  const isSame = sameBytes(right.bytes, wrong.bytes) && sameBytes(right.path, wrong.path)
  expect(isSame).toBe(false)
  expect(await verify(loot, wrong)).toMatchObject({
    name: 'CorruptPieceError',
    message: expect.stringContaining(`piece ${String(loot.segment)}/${String(loot.shard)}:`) as string,
  })
  expect(await verify(loot, right)).toBeUndefined()
  expect(await openWithout(loot)).toSatisfy((bytes: Uint8Array) => sameBytes(plaintext, bytes))
  if (sealedTwice.has(name)) return
  const opened = await openWith(loot, wrong)
  if (opened instanceof Uint8Array) expect(sameBytes(plaintext, opened)).toBe(true)
  else expect(openErrors).toContain(opened)
}

it('there are at least 24 corruptors', () => {
  expect(Object.keys(corruptors).length).toBeGreaterThanOrEqual(24)
})

describe.each(sizes)('a piece of a file of %s', (_, bytes, segment) => {
  let loot: Omit<Loot, 'shard'> | undefined
  beforeAll(async () => {
    loot = await plunder(bytes, segment)
  })
  const plaintext = bytes.slice(segment * fullSegment, (segment + 1) * fullSegment)

  it.each(Object.entries(corruptors))(
    'CES-43, CES-60: with %s is refused and blamed at every shard',
    async (name, corrupt) => {
      for (let shard = 0; shard < code.n; shard++) {
        if (loot === undefined) throw new Error('the files are not sealed')
        await attack(name, corrupt, { ...loot, shard }, plaintext)
      }
    },
  )
})
