import { describe, expect, it, vi } from 'vitest'
import { encrypt } from './cipher.ts'
import { Decryptors } from './native-cipher.ts'
import { noise } from './testing/sample-bytes.ts'

const [key, nonce, aad] = [noise(32, 1), noise(24, 2), noise(37, 3)]

function sealed(plaintext: Uint8Array): Uint8Array {
  const out = new Uint8Array(plaintext.byteLength + 16)
  encrypt(key, nonce, aad, plaintext, out)
  return out
}

describe('the browser’s own XChaCha20-Poly1305', () => {
  it('CES-60: opens what noble sealed, of every length, and its memory may be overwritten at once', async () => {
    const spy = vi.spyOn(crypto.subtle, 'decrypt')
    const decrypt = await new Decryptors().of(key, nonce.subarray(0, 19))
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 1_000, 262_128]) {
      const plaintext = noise(length, length)
      const bytes = sealed(plaintext)
      const opening = decrypt(nonce, aad, bytes)
      bytes.fill(0)
      expect(await opening).toEqual(plaintext)
    }
    const hasIt = await crypto.subtle.generateKey('ChaCha20-Poly1305', false, ['decrypt']).then(
      () => true,
      () => false,
    )
    expect(spy.mock.calls.length > 0).toBe(hasIt)
    spy.mockRestore()
  })
  it('CES-60: refuses another key, nonce, header or one bit less', async () => {
    const decryptors = new Decryptors()
    const decrypt = await decryptors.of(key, nonce.subarray(0, 19))
    const other = await decryptors.of(noise(32, 9), nonce.subarray(0, 19))
    const bytes = sealed(noise(500, 4))
    const flipped = bytes.slice()
    flipped[3] = (flipped[3] ?? 0) ^ 1
    const tries = [
      other(nonce, aad, bytes),
      decrypt(
        Uint8Array.from(nonce, (byte, i) => (i === 23 ? byte ^ 1 : byte)),
        aad,
        bytes,
      ),
      decrypt(nonce, aad.subarray(1), bytes),
      decrypt(nonce, aad, flipped),
      decrypt(nonce, aad, bytes.subarray(1)),
      decrypt(nonce, aad, bytes.subarray(0, 9)),
    ]
    for (const attempt of tries) await expect(attempt).rejects.toMatchObject({ name: 'DecryptionError' })
  })
})
