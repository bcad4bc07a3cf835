import { describe, expect, it } from 'vitest'
import { errorName } from '../base/errors.ts'
import { allocatedBytes, heldBytes } from '../base/testing/memory-use.ts'
import { damagedCopies, seededNumbers } from '../base/testing/mutate.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { maxManifestBytes, maxSegments } from './constants.ts'
import {
  createInlineEngine,
  decodeManifest,
  encodeManifest,
  openingContext,
  segmentPlainBytes,
  verifyPiece,
  type Manifest,
} from './index.ts'
import { manifestErrors, sampleParts } from './testing/manifests.ts'
import { noise, prose, sameBytes } from './testing/sample-bytes.ts'
import { piecesOf, sealFile } from './testing/sealed-file.ts'

const seed = 20_260_101

const manifestOf = (segments: number, k: number): Manifest => ({
  version: 1,
  code: { k, n: k + 3 },
  segmentBytes: k * 262_144 - 16,
  sizeBytes: segments * (k * 262_144 - 16),
  segments: Array.from({ length: segments }, () => ({ codec: 0, sealedBytes: k * 262_144 })),
  ...sampleParts,
})

/** The same with every segment compressed, each to another length. */
const ownLengths = (manifest: Manifest): Manifest => ({
  ...manifest,
  segments: manifest.segments.map((_, i) => ({ codec: 1, sealedBytes: 100_000 + i })),
})

/** The name of what `decode` throws; undefined when it takes the bytes. */
function refusal(decode: () => unknown): string | undefined {
  try {
    decode()
    return undefined
  } catch (error) {
    return errorName(error)
  }
}

describe('manifests from anyone', () => {
  // In parts, each well within the time of one test on a busy machine.
  it.each([1, 2, 3, 4, 5, 6])(
    'CES-36: 20,000 damaged ones are each refused by name, or are manifests (part %i)',
    (part) => {
      const copies = damagedCopies(
        [1, 2, 20].map((count) => encodeManifest(manifestOf(count, count))),
        seed + part,
      )
      const names = new Map<string | undefined, number>()
      for (let i = 0; i < 20_000; i++) {
        const bytes = copies.next().value
        const name = refusal(() => decodeManifest(bytes))
        names.set(name, (names.get(name) ?? 0) + 1)
      }
      expect([...names.keys()].filter((name) => name !== undefined && !manifestErrors.has(name))).toEqual([])
      expect(names.get('InvalidManifestError')).toBeGreaterThan(8_000)
    },
  )

  it.each([
    ['stored raw', manifestOf(maxSegments, 1)],
    ['with a length of its own for each segment', ownLengths(manifestOf(maxSegments, 1))],
  ])('CES-30: the largest manifest, %s, costs at most 16 times its bytes, garbage and all', (_, manifest) => {
    const bytes = encodeManifest(manifest)
    for (let i = 0; i < 5; i++) decodeManifest(bytes) // the engine compiles what runs often; that is not the input's cost
    expect(allocatedBytes(() => decodeManifest(bytes))).toBeLessThanOrEqual(16 * bytes.byteLength)
    expect(heldBytes(() => decodeManifest(bytes))).toBeLessThanOrEqual(12 * bytes.byteLength)
  })

  it.each([
    ['1 MiB of empty lists', toCbor(Array.from({ length: maxManifestBytes - 5 }, () => []))],
    ['1 MiB of empty maps', toCbor(Array.from({ length: maxManifestBytes - 5 }, () => ({})))],
    ['1 MiB of small numbers', toCbor(Array.from({ length: maxManifestBytes - 5 }, () => 1))],
    ['1 MiB of keys', toCbor(Object.fromEntries(Array.from({ length: 150_000 }, (_, i) => [`${i}`, 0])))],
    ['one text of 1 MiB', toCbor('x'.repeat(maxManifestBytes - 5))],
    ['one byte string of 1 MiB', toCbor(new Uint8Array(maxManifestBytes - 5))],
    ['segments of 1 MiB', toCbor({ version: 1, segments: new Uint8Array(maxManifestBytes - 100) })],
  ])('CES-30: %s costs at most 16 times its bytes', (_, bytes) => {
    expect(allocatedBytes(() => refusal(() => decodeManifest(bytes)))).toBeLessThanOrEqual(
      16 * bytes.byteLength,
    )
  })
})

describe('pieces from anyone', () => {
  it.each([1, 2])(
    'CES-43, CES-60: 20,000 damaged ones are refused by name, and opened unverified give no wrong byte (part %i)',
    async (part) => {
      const plaintext = prose(1_000)
      const engine = createInlineEngine()
      const file = await sealFile(engine, plaintext, { k: 2, n: 4 })
      const { manifest } = file.record
      const context = openingContext(manifest, file.key)
      const expected = {
        codec: 0,
        sealedBytes: 0,
        ...manifest.segments[0],
        plainBytes: segmentPlainBytes(manifest, 0),
      }
      const [right] = piecesOf(file, 0).values()
      if (right === undefined) throw new Error('the file has no piece')
      const path = file.tree.path(0)
      const [pieces, paths] = [
        damagedCopies([right, noise(64)], seed + part),
        damagedCopies([path], seed - part),
      ]
      const pick = seededNumbers(seed + part)
      const names = new Set<string>()
      for (let i = 0; i < 20_000; i++) {
        const bytes = pick(4) === 0 ? right.slice() : pieces.next().value
        const proof = pick(4) === 0 ? path : paths.next().value
        const isRight = sameBytes(right, bytes) && sameBytes(path, proof)
        const name = await verifyPiece(manifest, 0, 0, bytes, proof).catch(errorName)
        expect(name).toBe(isRight ? undefined : 'CorruptPieceError')
        if (sameBytes(right, bytes)) continue
        const shard = pick(5)
        const given = piecesOf(file, 0, (one) => one === (shard + 1) % 4).set(shard, bytes)
        const opened = await engine.open(context, 0, true, expected, given).catch(errorName)
        if (typeof opened === 'string') names.add(opened)
        else expect(sameBytes(plaintext, opened)).toBe(true)
      }
      expect([...names].sort()).toEqual(['CorruptPieceError', 'DecryptionError', 'InvalidSegmentError'])
    },
  )
})
