import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorName } from '../base/errors.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { decodeManifest, encodeManifest } from './index.ts'
import { manifestErrors, sampleParts } from './testing/manifests.ts'

/** True when the bytes were a manifest; anything but a named error fails the test. */
function isManifest(bytes: Uint8Array): boolean {
  try {
    decodeManifest(bytes)
    return true
  } catch (error) {
    expect(manifestErrors).toContain(errorName(error))
    return false
  }
}

const good = encodeManifest({
  version: 1,
  code: { k: 1, n: 3 },
  segmentBytes: 262_128,
  sizeBytes: 262_129,
  segments: [
    { codec: 1, sealedBytes: 5_000 },
    { codec: 0, sealedBytes: 17 },
  ],
  ...sampleParts,
})

const number = fc.oneof(
  fc.nat(300),
  fc.nat(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const bytes = fc.uint8Array({ maxLength: 200 })
const anything = fc.oneof(number, bytes, fc.string(), fc.boolean(), fc.constant(null), fc.array(number))
const field = (likely: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: likely }, { weight: 1, arbitrary: anything })

describe('manifest bytes from anyone', () => {
  it('CES-36: random bytes give a named error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (input) => void isManifest(input)),
      {
        numRuns: 8_000,
      },
    )
  })
  it('CES-36: a real manifest with bytes changed, cut out or put in gives a manifest or a named error', () => {
    const edit = fc.record({
      at: fc.nat(good.length - 1),
      cut: fc.nat(4),
      put: fc.uint8Array({ maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let input = [...good]
        for (const { at, cut, put } of edits)
          input = [...input.slice(0, at), ...put, ...input.slice(at + cut)]
        isManifest(Uint8Array.from(input))
      }),
      { numRuns: 8_000 },
    )
  })
  it('CES-36: maps with the right keys and any values give a manifest or a named error', () => {
    const map = fc.record(
      {
        version: field(fc.constant(1)),
        cipher: field(fc.constant(1)),
        code: field(fc.record({ id: field(fc.constant(1)), k: number, n: number })),
        hash: field(fc.constant(1)),
        segmentBytes: field(fc.constantFrom(262_128, 4_080, 8_176)),
        sizeBytes: field(number),
        segments: field(fc.uint8Array({ minLength: 5, maxLength: 15 })),
        noncePrefix: field(fc.uint8Array({ minLength: 19, maxLength: 19 })),
        root: field(fc.uint8Array({ minLength: 32, maxLength: 32 })),
        keyCommitment: field(fc.uint8Array({ minLength: 32, maxLength: 32 })),
        sealedMeta: field(fc.uint8Array({ minLength: 16, maxLength: 64 })),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(map, (value) => void isManifest(toCbor(value))),
      { numRuns: 8_000 },
    )
  })
  it('CES-30: every changed byte changes the id or the figures, so none passes for the original', () => {
    const { id } = decodeManifest(good)
    for (let at = 0; at < good.length; at++) {
      const changed = good.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      if (isManifest(changed)) expect(decodeManifest(changed).id).not.toBe(id)
    }
  })
})
