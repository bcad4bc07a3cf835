import { describe, expect, it } from 'vitest'
import { formatBytes, formatRate } from './byte-words.ts'

describe('sizes in words', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [1_234, '1.23 kB'],
    [999_499, '999 kB'],
    [999_999, '1 MB'],
    [20_000_000, '20 MB'],
    [1_240_000_000, '1.24 GB'],
    [5e15, '5,000 TB'],
  ])('says %i bytes as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words)
  })

  it('never shows a size below zero', () => {
    expect(formatBytes(-5)).toBe('0 bytes')
  })

  it('says a rate as a size a second', () => {
    expect(formatRate(11_800_000)).toBe('11.8 MB/s')
  })
})
