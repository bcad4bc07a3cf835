import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, equalBytes, fromBase64Url, fromUtf8, toBase64Url, utf8 } from './bytes.ts'

describe('bytes', () => {
  it('base64url text comes back equal for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(equalBytes(fromBase64Url(toBase64Url(bytes)), bytes)).toBe(true)
      }),
    )
  })
  it.each(['a', 'ab=', 'a+b/', 'ä', 'ab cd'])('base64url refuses %j', (text) => {
    expect(() => fromBase64Url(text)).toThrow(expect.objectContaining({ name: 'InvalidMessageError' }))
  })
  it('UTF-8 refuses broken sequences', () => {
    expect(fromUtf8(utf8('grüße'))).toBe('grüße')
    expect(() => fromUtf8(new Uint8Array([0xff]))).toThrow(
      expect.objectContaining({ name: 'InvalidMessageError' }),
    )
  })
  it('concat keeps order and equality tells lengths and bytes apart', () => {
    expect(concat(utf8('a'), utf8(''), utf8('bc'))).toEqual(utf8('abc'))
    expect(equalBytes(utf8('a'), utf8('ab'))).toBe(false)
    expect(equalBytes(utf8('ab'), utf8('ac'))).toBe(false)
  })
})
