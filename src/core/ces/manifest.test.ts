import { describe, expect, it } from 'vitest'
import type { Bytes } from '../base/bytes.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { decodeManifest, encodeManifest, manifestId, type Manifest } from './index.ts'
import { sampleParts } from './testing/manifests.ts'
import { noise } from './testing/sample-bytes.ts'

const full = 2 * 262_144 - 16
const good: Manifest = {
  version: 1,
  code: { k: 2, n: 5 },
  segmentBytes: full,
  sizeBytes: full + 1_000,
  segments: [
    { codec: 1, sealedBytes: 1_234 },
    { codec: 0, sealedBytes: 1_016 },
  ],
  ...sampleParts,
}

/** The wire form of `good`, for a test to break. */
const wire = (change: object = {}): Bytes =>
  toCbor({
    version: 1,
    cipher: 1,
    code: { id: 1, k: 2, n: 5 },
    hash: 1,
    segmentBytes: full,
    sizeBytes: full + 1_000,
    segments: rows([1, 1_234], [0, 1_016]),
    ...sampleParts,
    ...change,
  })

function rows(...list: readonly (readonly [number, number])[]): Bytes {
  const bytes = new Uint8Array(list.length * 5)
  const view = new DataView(bytes.buffer)
  list.forEach(([codec, sealedBytes], i) => {
    view.setUint8(i * 5, codec)
    view.setUint32(i * 5 + 1, sealedBytes)
  })
  return bytes
}

describe('a manifest', () => {
  it('CES-30: comes back equal, with its id and its own bytes', () => {
    const bytes = encodeManifest(good)
    const record = decodeManifest(bytes)
    expect(record.manifest).toEqual(good)
    expect(record.bytes).toEqual(bytes)
    expect(record.bytes).not.toBe(bytes)
    expect(record.id).toBe(manifestId(bytes))
  })
  it('CES-30, CES-31, CES-32: has the bytes and the id that SPEC.md says', () => {
    expect(encodeManifest(good)).toEqual(wire())
    expect(manifestId(encodeManifest(good))).toBe('pDnc0EQlM-kSof1l3mkNrH8k28aNE59ePjvlWKNmuxI')
  })
  it('CES-30: the longest manifest stays under its limit and is read in a moment', () => {
    const segments = Array.from({ length: 65_536 }, () => ({ codec: 0, sealedBytes: full + 16 }))
    const bytes = encodeManifest({ ...good, sizeBytes: full * 65_536, segments })
    expect(bytes.byteLength).toBeLessThan(400_000)
    expect(decodeManifest(bytes).manifest.segments.length).toBe(65_536)
  })

  const invalid = 'InvalidManifestError'
  it.each([
    ['another version', { version: 2 }, 'VersionError'],
    ['version 0', { version: 0 }, 'VersionError'],
    ['no version', { version: undefined }, invalid],
    ['a version that is text', { version: '1' }, invalid],
    ['an unknown cipher', { cipher: 2 }, 'UnknownCipherError'],
    ['an unknown code', { code: { id: 2, k: 2, n: 5 } }, 'UnknownCodeError'],
    ['an unknown hash', { hash: 2 }, 'UnknownHashError'],
    ['an unknown codec', { segments: rows([2, 1_234], [0, 1_016]) }, 'UnknownCodecError'],
    ['k = 0', { code: { id: 1, k: 0, n: 5 } }, invalid],
    ['k over n', { code: { id: 1, k: 6, n: 5 } }, invalid],
    ['n over 255', { code: { id: 1, k: 2, n: 256 } }, invalid],
    ['n of 2^32', { code: { id: 1, k: 2, n: 2 ** 32 } }, invalid],
    ['a shape with a further key', { code: { id: 1, k: 2, n: 5, x: 1 } }, invalid],
    ['segmentBytes 0', { segmentBytes: 0 }, invalid],
    ['segmentBytes that no k shards make', { segmentBytes: full - 1 }, invalid],
    ['shards that are no multiple of 64', { segmentBytes: full - 2 * 32 }, invalid],
    ['shards over 256 KiB', { segmentBytes: full + 128 }, invalid],
    ['shards under 4 KiB', { segmentBytes: 2 * 4_032 - 16 }, invalid],
    ['segmentBytes over 32 bits', { segmentBytes: 2 ** 32 * 128 - 16 }, invalid],
    ['a size that is negative', { sizeBytes: -1 }, invalid],
    ['a size that is a fraction', { sizeBytes: 1.5 }, invalid],
    ['a size of 2^53', { sizeBytes: 2n ** 53n }, invalid],
    ['a size for fewer segments', { sizeBytes: full }, invalid],
    ['a size for more segments', { sizeBytes: 2 * full + 1 }, invalid],
    ['a size for 2^33 segments', { sizeBytes: 2 ** 52 }, invalid],
    ['no segment', { segments: new Uint8Array() }, invalid],
    ['a row cut short', { segments: rows([1, 1_234], [0, 1_016]).slice(0, 9) }, invalid],
    ['one row too many', { segments: rows([1, 1_234], [0, 1_016], [0, 16]) }, invalid],
    ['65,537 rows', { sizeBytes: full * 65_537, segments: new Uint8Array(5 * 65_537) }, invalid],
    ['a raw row of other length', { segments: rows([1, 1_234], [0, 1_015]) }, invalid],
    ['a deflate row without bytes', { segments: rows([1, 16], [0, 1_016]) }, invalid],
    ['a deflate row longer than raw', { segments: rows([1, full + 16], [0, 1_016]) }, invalid],
    ['a row of 2^32 − 1 bytes', { segments: rows([1, 2 ** 32 - 1], [0, 1_016]) }, invalid],
    ['a nonce prefix of 18', { noncePrefix: noise(18) }, invalid],
    ['a nonce prefix of 24', { noncePrefix: noise(24) }, invalid],
    ['a root of 31', { root: noise(31) }, invalid],
    ['a root that is text', { root: 'x'.repeat(32) }, invalid],
    ['a commitment of 64', { keyCommitment: noise(64) }, invalid],
    ['sealed meta of 15', { sealedMeta: noise(15) }, invalid],
    ['sealed meta of 4,097', { sealedMeta: noise(4_097) }, invalid],
    ['a further key', { x: 1 }, invalid],
    ['a missing key', { root: undefined }, invalid],
  ])('CES-33 to CES-36: with %s is refused by name', (_, change, name) => {
    expect(() => decodeManifest(wire(change))).toThrow(expect.objectContaining({ name }))
  })
  it.each([
    ['nothing', new Uint8Array()],
    ['1 MiB and one byte', new Uint8Array(1_048_577)],
    ['trailing bytes', new Uint8Array([...wire(), 0])],
    ['a cut end', wire().slice(0, -1)],
    ['a byte string of 2^53 bytes', new Uint8Array([0xa1, 0x61, 0x78, 0x5b, 0, 0x20, 0, 0, 0, 0, 0, 0])],
    ['a map of 2^32 entries', new Uint8Array([0xba, 0xff, 0xff, 0xff, 0xff])],
    ['lists 10,000 deep', new Uint8Array(10_001).fill(0x81)],
    ['keys in another order', reorder(wire())],
    ['a list instead of a map', toCbor([1, 2, 3])],
  ])('CES-30: %s is InvalidManifestError', (_, bytes) => {
    expect(() => decodeManifest(bytes)).toThrow(expect.objectContaining({ name: invalid }))
  })
  it('CES-30: the same map in another order is refused for that reason only', () => {
    expect(() => decodeManifest(reorder(wire()))).toThrow(/canonical/)
    expect(reorder(reorder(wire()), wire().length - 1 - 48)).toEqual(wire())
  })
  it('CES-33 to CES-35: cannot be written with figures that a reader would refuse', () => {
    const refused: unknown = expect.objectContaining({ name: invalid })
    expect(() => encodeManifest({ ...good, sizeBytes: full })).toThrow(refused)
    expect(() => encodeManifest({ ...good, code: { k: 2, n: 2.5 } })).toThrow(refused)
    expect(() => encodeManifest({ ...good, root: noise(31) })).toThrow(refused)
    expect(() => encodeManifest({ ...good, sizeBytes: Number.NaN })).toThrow(refused)
  })
})

/** The same map with its last entry first: still valid CBOR, not canonical. */
function reorder(bytes: Uint8Array, entry = 14 + 34): Uint8Array {
  // Canonical order puts `keyCommitment` last: 14 bytes of key, 34 of value, heads included.
  const body = bytes.subarray(1)
  return new Uint8Array([bytes[0] ?? 0, ...body.subarray(-entry), ...body.subarray(0, -entry)])
}
