import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { allocatedBytes } from '../base/testing/memory-use.ts'
import { damagedCopies } from '../base/testing/mutate.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { maxAnswerBytes } from './constants.ts'
import { decodeAnswer, encodeAnswer, type Answer } from './messages.ts'

const file = toBase64Url(new Uint8Array(32).fill(7)) as FileId // the brand is what a decoded id has

const answers: readonly Answer[] = [
  { type: 'piece', segment: 3, shard: 1, sizeBytes: 262_144, path: new Uint8Array(320) },
  { type: 'manifest', sizeBytes: 1_048_576 },
  { type: 'holdings', file, receipts: [new Uint8Array(300), new Uint8Array(9)] },
  { type: 'refused', reason: 'no-space' },
]

describe('answers from anyone', () => {
  it('FI-2: 40,000 damaged ones are each refused by name, or are answers', () => {
    const copies = damagedCopies(answers.map(encodeAnswer), 20_260_101)
    const names = new Set<string>()
    for (let i = 0; i < 40_000; i++) {
      const frame = copies.next().value
      try {
        decodeAnswer(frame)
      } catch (error) {
        names.add(errorName(error))
      }
    }
    expect([...names]).toEqual(['InvalidMessageError'])
  })

  it.each([
    ['empty lists', toCbor(Array.from({ length: maxAnswerBytes - 5 }, () => []))],
    ['empty maps', toCbor(Array.from({ length: maxAnswerBytes - 5 }, () => ({})))],
    ['one text', toCbor('x'.repeat(maxAnswerBytes - 5))],
    ['empty receipts', toCbor({ type: 'holdings', receipts: Array(65_000).fill(new Uint8Array()) })],
  ])('FI-2: the longest frame, of %s, costs at most 16 times its bytes', (_, frame) => {
    const decode = (): void => expect(() => decodeAnswer(frame)).toThrow()
    expect(allocatedBytes(decode)).toBeLessThanOrEqual(16 * frame.byteLength)
  })
})
