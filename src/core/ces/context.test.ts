import { describe, expect, it } from 'vitest'
import { systemRandom } from '../base/clock.ts'
import { toBase64Url } from '../base/bytes.ts'
import { checkKey, keyCommitment, newFileSecrets, openMeta, sealMeta, sealingContext } from './index.ts'
import type { FileMeta, SegmentContext } from './index.ts'
import { nonceOf, segmentAad } from './nonce.ts'
import { noise } from './testing/sample-bytes.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const header = {
  code: { k: 2, n: 5 },
  segmentBytes: 524_272,
  sizeBytes: 5_000_000_000,
  noncePrefix: noise(19, 2),
}
const contextWith = (key = noise(32, 1)): SegmentContext => sealingContext(header, key)

describe('keys', () => {
  it('CES-10: are drawn anew for each file, from the source given', () => {
    const [a, b] = [newFileSecrets(systemRandom), newFileSecrets(systemRandom)]
    expect([a.key.byteLength, a.noncePrefix.byteLength]).toEqual([32, 19])
    expect(toBase64Url(a.key)).not.toBe(toBase64Url(b.key))
    expect(toBase64Url(a.noncePrefix)).not.toBe(toBase64Url(b.noncePrefix))
  })
  it('CES-13: a key that the manifest does not commit to is WrongKeyError', () => {
    const key = noise(32, 1)
    const manifest = { keyCommitment: keyCommitment(key) }
    expect(() => checkKey(manifest, key)).not.toThrow()
    for (const wrong of [noise(32, 2), noise(31, 1), noise(33, 1), new Uint8Array()]) {
      expect(() => checkKey(manifest, wrong)).toThrow(expect.objectContaining({ name: 'WrongKeyError' }))
    }
  })
  it('CES-11, CES-13: the header hash and commitment have their frozen values', () => {
    expect(hex(keyCommitment(noise(32, 1)))).toBe(
      '3c55fa0a7bf30a348e97ba41455d178e3e4178404f165899ba0e938e40a32a1b',
    )
    expect(hex(contextWith().headerHash)).toBe(
      '3d672845d5341721b6d6b9d7c85f431ed8e190e970050a8956054a21667a51fb',
    )
  })
  it('CES-12, CES-14: nonce and additional data are laid out as written', () => {
    const prefix = new Uint8Array(19).fill(0xaa)
    expect(hex(nonceOf(prefix, 0x01020304, 1))).toBe(`${'aa'.repeat(19)}0102030401`)
    expect(hex(segmentAad(contextWith(), 1, 0x0a0b0c0d))).toBe(`${hex(contextWith().headerHash)}010a0b0c0d`)
  })
})

describe('sealed meta', () => {
  const open = (meta: FileMeta): FileMeta => openMeta(contextWith(), sealMeta(contextWith(), meta))

  it.each([
    ['everything', { name: 'notes.txt', mediaType: 'text/plain', modifiedAt: 1_700_000_000_000 }],
    ['no date', { name: 'notes', mediaType: '' }],
    ['an empty name', { name: '', mediaType: 'a/b' }],
    ['a name of 300 characters', { name: 'x'.repeat(300), mediaType: 'a/b' }],
    ['the longest name', { name: '漢'.repeat(1_024), mediaType: 'é'.repeat(255), modifiedAt: 2 ** 53 - 1 }],
    ['a path as name, unchanged', { name: '../../x', mediaType: 'a/b' }],
    ['a direction override, unchanged', { name: 'gpj.\u202eexe', mediaType: 'a/b' }],
  ])('CES-15: gives back %s', (_, meta) => {
    expect(open(meta)).toEqual(meta)
  })
  it('CES-15: hides the length of the name', () => {
    const lengths = [1, 20, 60].map(
      (length) => sealMeta(contextWith(), { name: 'x'.repeat(length), mediaType: 'a/b' }).byteLength,
    )
    expect(lengths).toEqual([144, 144, 144])
  })
  it.each([
    ['a name too long', { name: 'x'.repeat(1_025), mediaType: '' }],
    ['a type too long', { name: 'x', mediaType: 'x'.repeat(256) }],
    ['a date that is no whole number', { name: 'x', mediaType: '', modifiedAt: 1.5 }],
    ['a date before the epoch', { name: 'x', mediaType: '', modifiedAt: -1 }],
  ])('CES-15: %s is InvalidMetaError', (_, meta) => {
    expect(() => sealMeta(contextWith(), meta)).toThrow(expect.objectContaining({ name: 'InvalidMetaError' }))
  })
  it('CES-15: another key, changed bytes or another length is DecryptionError', () => {
    const sealed = sealMeta(contextWith(), { name: 'x', mediaType: '' })
    const changed = sealed.slice()
    changed[5] = (changed[5] ?? 0) ^ 1
    const refused: unknown = expect.objectContaining({ name: 'DecryptionError' })
    expect(() => openMeta(contextWith(noise(32, 9)), sealed)).toThrow(refused)
    for (const bytes of [changed, sealed.slice(1), sealed.slice(0, 16), new Uint8Array(), noise(5_000)]) {
      expect(() => openMeta(contextWith(), bytes)).toThrow(refused)
    }
  })
})
