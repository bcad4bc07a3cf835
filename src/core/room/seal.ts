import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { concat, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { InvalidMessageError } from '../base/errors.ts'

const nonceBytes = 24
const lengthBytes = 4

/**
 * Seals gossip with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a random 24-byte nonce, the topic as associated
 * data, padded so that sizes tell less: to 256 bytes below 4 KiB, to 4 KiB above.
 */
export function sealGossip(key: Bytes, topic: string, payload: Uint8Array, random: RandomBytes): Bytes {
  const bucket = payload.byteLength + lengthBytes < 4096 ? 256 : 4096
  const padded = new Uint8Array(Math.ceil((payload.byteLength + lengthBytes) / bucket) * bucket)
  new DataView(padded.buffer).setUint32(0, payload.byteLength)
  padded.set(payload, lengthBytes)
  const nonce = random(nonceBytes)
  return concat(nonce, xchacha20poly1305(key, nonce, utf8(topic)).encrypt(padded))
}

/** Inverse of {@link sealGossip}. Throws `InvalidMessageError` for anything this room did not seal for this topic. */
export function openGossip(key: Bytes, topic: string, sealed: Uint8Array): Bytes {
  let padded: Uint8Array
  try {
    padded = xchacha20poly1305(key, sealed.subarray(0, nonceBytes), utf8(topic)).decrypt(
      sealed.subarray(nonceBytes),
    )
  } catch (cause) {
    throw new InvalidMessageError('not sealed by this room', { cause })
  }
  const length = new DataView(padded.buffer, padded.byteOffset, padded.byteLength).getUint32(0)
  if (length > padded.byteLength - lengthBytes) throw new InvalidMessageError('sealed length is too long')
  return padded.slice(lengthBytes, lengthBytes + length)
}

/** Seals one thing under a key that is used for nothing else, so the nonce may be fixed. */
export function sealOnce(key: Bytes, plaintext: Uint8Array): Bytes {
  return new Uint8Array(xchacha20poly1305(key, new Uint8Array(nonceBytes)).encrypt(plaintext))
}

/** Inverse of {@link sealOnce}. Throws `InvalidMessageError`. */
export function openOnce(key: Bytes, sealed: Uint8Array): Bytes {
  try {
    return new Uint8Array(xchacha20poly1305(key, new Uint8Array(nonceBytes)).decrypt(sealed))
  } catch (cause) {
    throw new InvalidMessageError('not sealed with the agreed key', { cause })
  }
}
