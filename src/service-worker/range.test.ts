import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askedRange } from './range.ts'

const part = (start: number, end: number): unknown => ({ kind: 'part', start, end })

describe('a Range header', () => {
  it('FI-43: gives one range of bytes, open at either end', () => {
    expect(askedRange('bytes=0-', 10)).toEqual(part(0, 10))
    expect(askedRange('bytes=3-5', 10)).toEqual(part(3, 6))
    expect(askedRange('bytes=3-99', 10)).toEqual(part(3, 10))
    expect(askedRange('bytes=-4', 10)).toEqual(part(6, 10))
    expect(askedRange('bytes=-40', 10)).toEqual(part(0, 10))
  })
  it('FI-43: outside the file is not satisfiable', () => {
    expect(askedRange('bytes=10-', 10)).toEqual({ kind: 'outside' })
    expect(askedRange('bytes=-0', 10)).toEqual({ kind: 'outside' })
    expect(askedRange('bytes=0-', 0)).toEqual({ kind: 'outside' })
  })
  it.each([
    null,
    '',
    'bytes=',
    'bytes=-',
    'bytes=5-3',
    'items=0-1',
    'bytes=0-1,3-4',
    'bytes=1e3-',
    'bytes=0x1-',
  ])('FI-43: %j is passed over', (header) => expect(askedRange(header, 10)).toEqual({ kind: 'whole' }))
  it('FI-43: whatever it says, no byte outside the file is named', () => {
    const digits = fc.stringMatching(/^\d{0,17}$/)
    fc.assert(
      fc.property(digits, digits, fc.nat(), (first, last, sizeBytes) => {
        const asked = askedRange(`bytes=${first}-${last}`, sizeBytes)
        if (asked.kind !== 'part') return
        expect(asked.start).toBeGreaterThanOrEqual(0)
        expect(asked.start).toBeLessThan(asked.end)
        expect(asked.end).toBeLessThanOrEqual(sizeBytes)
      }),
    )
  })
})
