import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkShape, pieceBytes, planSegments, segmentPlainBytes } from './plan.ts'

const shard = 262_144
const full = 4 * shard - 16

describe('cutting a file', () => {
  it.each([
    [0, 1],
    [1, 1],
    [full, 1],
    [full + 1, 2],
    [2 * full, 2],
    [2 * full + 1, 3],
  ])('CES-4: %i bytes are %i segments', (sizeBytes, segments) => {
    expect(planSegments(sizeBytes, { k: 4, n: 12 }).segments).toBe(segments)
  })
  it('CES-3: a file over one segment uses shards of 256 KiB', () => {
    expect(planSegments(full + 1, { k: 4, n: 12 }).segmentBytes).toBe(full)
  })
  it('CES-3: a small file uses smaller shards, never under 4 KiB', () => {
    expect(planSegments(0, { k: 4, n: 12 }).segmentBytes).toBe(4 * 4_096 - 16)
    expect(planSegments(100_000, { k: 4, n: 12 }).segmentBytes).toBe(4 * 25_024 - 16)
  })
  it('CES-4: the last byte over one segment is a segment of one byte', () => {
    const plan = planSegments(full + 1, { k: 4, n: 12 })
    expect(segmentPlainBytes({ ...plan, sizeBytes: full + 1 }, 0)).toBe(full)
    expect(segmentPlainBytes({ ...plan, sizeBytes: full + 1 }, 1)).toBe(1)
  })
  it('CES-3, CES-4: any size is covered exactly, by shards within their bounds', () => {
    fc.assert(
      fc.property(fc.nat(40_000_000), fc.integer({ min: 1, max: 255 }), (sizeBytes, k) => {
        const plan = planSegments(sizeBytes, { k, n: 255 })
        const shardBytes = (plan.segmentBytes + 16) / k
        expect(shardBytes % 64).toBe(0)
        expect(shardBytes).toBeGreaterThanOrEqual(4_096)
        expect(shardBytes).toBeLessThanOrEqual(shard)
        let sum = 0
        for (let i = 0; i < plan.segments; i++) sum += segmentPlainBytes({ ...plan, sizeBytes }, i)
        expect(sum).toBe(sizeBytes)
      }),
      { numRuns: 500 },
    )
  })
  it('CES-4: a file of more than 65,536 segments is too large', () => {
    const most = (shard - 16) * 65_536
    expect(planSegments(most, { k: 1, n: 1 }).segments).toBe(65_536)
    expect(() => planSegments(most + 1, { k: 1, n: 1 })).toThrow(
      expect.objectContaining({ name: 'FileTooLargeError' }),
    )
  })
  it.each([
    [16, 1, 64],
    [64, 1, 64],
    [65, 1, 128],
    [4 * shard, 4, shard],
    [17, 4, 64],
  ])('CES-5: %i sealed bytes over k = %i are pieces of %i', (sealedBytes, k, expected) => {
    expect(pieceBytes(sealedBytes, k)).toBe(expected)
  })
  it.each([
    [0, 1],
    [2, 1],
    [1, 256],
    [1.5, 3],
    [Number.NaN, 3],
  ])('CES-1: k = %d, n = %d is refused', (k, n) => {
    expect(() => checkShape({ k, n })).toThrow(expect.objectContaining({ name: 'InvalidSegmentError' }))
  })
  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d as a size', (sizeBytes) => {
    expect(() => planSegments(sizeBytes, { k: 1, n: 1 })).toThrow(
      expect.objectContaining({ name: 'InvalidSegmentError' }),
    )
  })
  it.each([-1, 1, 0.5])('refuses segment %d of a file that has one', (index) => {
    expect(() => segmentPlainBytes({ sizeBytes: 5, segmentBytes: 4_080 }, index)).toThrow(
      expect.objectContaining({ name: 'InvalidSegmentError' }),
    )
  })
})
