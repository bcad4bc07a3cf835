import { deflateSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { entropyBits, inflate, pack } from './compress.ts'
import { noise, prose, sameBytes } from './testing/sample-bytes.ts'

const inflateError: unknown = expect.objectContaining({ name: 'InflateError' })

describe('the probe', () => {
  it('CES-20: sees random bytes as random and text as text', () => {
    expect(entropyBits(noise(1_000_000))).toBeGreaterThan(7.9)
    expect(entropyBits(prose(1_000_000))).toBeLessThan(5)
  })
  it('CES-20: sees a compressible tail behind a random head, for it samples all over', () => {
    const bytes = new Uint8Array(1_000_000)
    bytes.set(noise(300_000))
    expect(entropyBits(bytes)).toBeLessThan(7.9)
  })
  it('gives 0 for nothing and 8 for every byte value alike', () => {
    expect(entropyBits(new Uint8Array())).toBe(0)
    expect(entropyBits(Uint8Array.from({ length: 65_536 }, (_, i) => i))).toBe(8)
  })
})

describe('compression of a segment', () => {
  it('CES-21: text becomes deflate, and comes back', () => {
    const packed = pack(prose(500_000))
    expect(packed.codec).toBe(1)
    expect(packed.bytes.byteLength).toBeLessThan(50_000)
    expect(sameBytes(prose(500_000), inflate(packed.bytes, 500_000))).toBe(true)
  })
  it('CES-20: random bytes stay raw, uncopied', () => {
    const bytes = noise(500_000)
    expect(pack(bytes).codec).toBe(0)
    expect(pack(bytes).bytes).toBe(bytes)
  })
  it('CES-21: what shrinks by less than a twentieth stays raw', () => {
    // Six random bits a byte and a little more: under the probe's limit, yet deflate gains nearly nothing.
    const bytes = noise(500_000).map((byte, i) => (i % 8 === 0 ? byte & 0x0f : byte))
    expect(entropyBits(bytes)).toBeLessThan(7.9)
    expect(deflateSync(bytes).byteLength).toBeGreaterThan(bytes.byteLength * 0.95)
    expect(pack(bytes).codec).toBe(0)
  })
  it.each([0, 1, 2, 63])('keeps %i bytes as they are or gives them back', (length) => {
    const bytes = prose(length)
    const packed = pack(bytes)
    expect(packed.codec === 0 ? packed.bytes : inflate(packed.bytes, length)).toEqual(bytes)
  })
})

describe('inflation', () => {
  const deflated = deflateSync(prose(100_000))
  it.each([
    ['one byte more than declared', deflated, 99_999],
    ['one byte fewer than declared', deflated, 100_001],
    ['nothing declared', deflated, 0],
    ['data cut short', deflated.slice(0, -3), 100_000],
    ['no data', new Uint8Array(), 100],
    ['an unknown block type', new Uint8Array([0x07, 1, 2, 3]), 100],
    ['random bytes', noise(5_000, 9), 100_000],
  ])('CES-23: %s is InflateError', (_, bytes, plainBytes) => {
    expect(() => inflate(bytes, plainBytes)).toThrow(inflateError)
  })
  it('CES-23: a bomb of 256 MiB in 256 KiB is stopped before it has filled memory', () => {
    const bomb = deflateSync(new Uint8Array(256 * 1_048_576), { level: 9 })
    expect(bomb.byteLength).toBeLessThan(300_000)
    const before = process.memoryUsage().arrayBuffers
    expect(() => inflate(bomb, 262_128)).toThrow(inflateError)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 * 1_048_576)
  })
})
