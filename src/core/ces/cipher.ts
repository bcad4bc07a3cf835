import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { keyBytes } from './constants.ts'
import { DecryptionError } from './errors.ts'

/**
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439 section 2.8): ciphertext, then the 16-byte tag.
 *
 * @param key 32 bytes
 * @param nonce 24 bytes, used once with this key
 * @param output plaintext length + 16 bytes, overwritten; must not overlap `plaintext`
 */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
  output: Uint8Array,
): void {
  xchacha20poly1305(key, nonce, aad).encrypt(plaintext, output)
}

/**
 * Inverse of {@link encrypt}: the tag is checked before anything is decrypted.
 *
 * @param output sealed length − 16 bytes; holds no plaintext when this throws
 * @throws DecryptionError when the tag does not verify or any length is wrong
 */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
  output: Uint8Array,
): void {
  try {
    xchacha20poly1305(key, nonce, aad).decrypt(sealed, output)
  } catch (cause) {
    throw new DecryptionError('the sealed bytes do not belong to this key and place', { cause })
  }
}

/**
 * Keeps the cipher fast from one garbage collection to the next, until it is called off. V8 throws optimised code away with the last object of
 * the class that it was made for, and the library makes a Poly1305 for each message: without one that stays, a collection costs the next
 * segments a third of their speed.
 *
 * @returns calls it off; twice is fine
 */
export function keepCipherFast(): () => void {
  const lasting = poly1305.create(new Uint8Array(keyBytes))
  return () => lasting.destroy()
}
