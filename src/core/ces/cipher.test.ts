import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../base/bytes.ts'
import { decrypt, encrypt } from './cipher.ts'
import { noise } from './testing/sample-bytes.ts'

interface Case {
  readonly tcId: number
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly result: 'valid' | 'invalid'
}
interface Vectors {
  readonly numberOfTests: number
  readonly testGroups: readonly { readonly tests: readonly Case[] }[]
}

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const vectorsUrl = new URL(
  '../../../../shared/vectors/wycheproof/xchacha20_poly1305_test.json',
  import.meta.url,
)

describe('XChaCha20-Poly1305 as segments use it', () => {
  if (existsSync(vectorsUrl)) {
    it('CES-14: passes every Wycheproof vector', () => {
      const vectors = JSON.parse(readFileSync(vectorsUrl, 'utf8')) as Vectors // a file of this shape, by its own schema
      const cases = vectors.testGroups.flatMap(({ tests }) => tests)
      expect(cases.length).toBe(vectors.numberOfTests)
      for (const test of cases) checkCase(test)
    })
  } else {
    it('CES-14: Wycheproof vectors are NOT checked: ../shared/vectors is missing beside the repository', ({
      skip,
    }) => skip('put C2SP/wycheproof testvectors_v1/xchacha20_poly1305_test.json there'))
  }
  it('CES-14: gives the ciphertext of draft-irtf-cfrg-xchacha-03 appendix A.3.1', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i)
    const nonce = Uint8Array.from({ length: 24 }, (_, i) => 0x40 + i)
    const plaintext = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    )
    const sealed = new Uint8Array(plaintext.length + 16)
    encrypt(key, nonce, unhex('50515253c0c1c2c3c4c5c6c7'), plaintext, sealed)
    expect(Buffer.from(sealed.subarray(0, 16)).toString('hex')).toBe('bd6d179d3e83d43b9576579493c0e939')
    expect(Buffer.from(sealed.subarray(-16)).toString('hex')).toBe('c0875924c1c7987947deafd8780acf49')
  })
  it('CES-60: leaves no plaintext in the output when the tag does not verify', () => {
    const [key, nonce, plaintext] = [noise(32), noise(24), noise(500, 3)]
    const sealed = new Uint8Array(516)
    encrypt(key, nonce, new Uint8Array(), plaintext, sealed)
    sealed[515] = (sealed[515] ?? 0) ^ 1
    const output = new Uint8Array(500)
    expect(() => decrypt(key, nonce, new Uint8Array(), sealed, output)).toThrow(
      expect.objectContaining({ name: 'DecryptionError' }),
    )
    expect(output).not.toEqual(plaintext)
  })
})

function checkCase(test: Case): void {
  const [key, nonce, aad, plaintext] = [unhex(test.key), unhex(test.iv), unhex(test.aad), unhex(test.msg)]
  const sealed = unhex(test.ct + test.tag)
  const output = new Uint8Array(Math.max(0, sealed.length - 16))
  const open = (): void => decrypt(key, nonce, aad, sealed, output)
  const label = `case ${String(test.tcId)}`
  if (test.result === 'invalid') {
    expect(open, label).toThrow(expect.objectContaining({ name: 'DecryptionError' }))
    return
  }
  open()
  expect(output, label).toEqual(plaintext)
  const again = new Uint8Array(plaintext.length + 16)
  encrypt(key, nonce, aad, plaintext, again)
  expect(again, label).toEqual(sealed)
}
