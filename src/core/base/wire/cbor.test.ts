import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../bytes.ts'
import { byteString, fromCbor, text, toCbor, uint } from './cbor.ts'

const schema = v.strictObject({ v: v.literal(1), n: uint(10), t: text(5), b: byteString(2, 4) })
const good = { v: 1 as const, n: 3, t: 'hello', b: new Uint8Array([1, 2]) }

describe('CBOR messages', () => {
  it('come back equal', () => {
    expect(fromCbor(toCbor(good), schema, 100)).toEqual(good)
  })
  it('encode deterministically whatever the order of keys', () => {
    expect(toCbor({ b: 1, a: 2 })).toEqual(toCbor({ a: 2, b: 1 }))
  })
  it('leave out undefined properties', () => {
    expect(toCbor({ a: 1, b: undefined })).toEqual(toCbor({ a: 1 }))
  })
  it.each([
    ['unknown key', toCbor({ ...good, x: 1 })],
    ['missing key', toCbor({ v: 1 })],
    ['number over its bound', toCbor({ ...good, n: 11 })],
    ['text over its bound', toCbor({ ...good, t: 'hello!' })],
    ['byte string over its bound', toCbor({ ...good, b: new Uint8Array(5) })],
    ['trailing bytes', new Uint8Array([...toCbor(good), 0])],
    ['truncated bytes', toCbor(good).slice(0, -1)],
    ['nothing', new Uint8Array()],
    ['non-canonical integer', new Uint8Array([0x18, 0x01])],
    ['indefinite list', new Uint8Array([0x9f, 0xff])],
    ['a tag', new Uint8Array([0xc1, 0x00])],
    ['a list of 2^32 items in 5 bytes', new Uint8Array([0x9a, 0xff, 0xff, 0xff, 0xff])],
    ['a byte string of 2^53 bytes in 9 bytes', new Uint8Array([0x5b, 0, 0x20, 0, 0, 0, 0, 0, 0])],
    ['10,000 nested lists', new Uint8Array(10_001).fill(0x81)],
    ['not CBOR at all', utf8('hello world')],
  ])('refuse %s with InvalidMessageError', (_, bytes) => {
    expect(() => fromCbor(bytes, schema, 20_000)).toThrow(
      expect.objectContaining({ name: 'InvalidMessageError' }),
    )
  })
  it('refuse a message over the bound before parsing', () => {
    expect(() => fromCbor(toCbor(good), schema, 10)).toThrow(/at most 10 bytes/)
  })
  it('refuse more values and keys than allowed before parsing', () => {
    const list = toCbor([1, { a: 2 }])
    expect(fromCbor(list, v.unknown(), 100, 5)).toEqual([1, { a: 2 }])
    expect(() => fromCbor(list, v.unknown(), 100, 4)).toThrow(
      expect.objectContaining({ name: 'InvalidMessageError' }),
    )
  })
  it('answer any bytes with a value or InvalidMessageError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          fromCbor(bytes, v.unknown(), 200)
        } catch (error) {
          expect(error).toMatchObject({ name: 'InvalidMessageError' })
        }
      }),
      { numRuns: 20_000 },
    )
  })
})
