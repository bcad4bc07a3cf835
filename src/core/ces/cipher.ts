import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
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
