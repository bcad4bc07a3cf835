import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, copyBytes, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { InvalidMessageError } from '../base/errors.ts'
import { agreementFromSeed } from './agreement.ts'
import type { AgreementKey } from './index.ts'

/** Bytes that {@link sealTo} adds: the ephemeral public key and the tag. */
const sealedToBytes = 32 + 16

/** RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305. */
const kemSuite = concat(utf8('KEM'), new Uint8Array([0x00, 0x20]))
const suite = concat(utf8('HPKE'), new Uint8Array([0x00, 0x20, 0x00, 0x01, 0x00, 0x03]))
const none = new Uint8Array(0)

/** What a sealed message is bound to: it opens under the same bytes only. */
export interface SealedUse {
  /** What it is for: a label that no other use has. */
  readonly info: Uint8Array
  /** Where it belongs: who wrote it for whom, in which room. */
  readonly aad: Uint8Array
}

/**
 * Seals a message for whoever holds the private half of `receiver`: single-shot HPKE in base mode, RFC 9180 section 6.1 (SPEC ID-8).
 *
 * @param receiver 32-byte X25519 public key
 * @returns ephemeral public key (32 bytes), ciphertext, tag (16 bytes)
 * @throws InvalidMessageError when nothing can be agreed on with that key
 */
export async function sealTo(
  receiver: Uint8Array,
  { info, aad }: SealedUse,
  message: Uint8Array,
  random: RandomBytes,
): Promise<Bytes> {
  const seed = random(32)
  const ephemeral = agreementFromSeed(seed)
  const shared = await ephemeral.agree(receiver)
  const secret = kemSecret(shared, ephemeral.publicKey, receiver)
  const { key, nonce } = keySchedule(secret, info)
  seed.fill(0)
  return concat(ephemeral.publicKey, chacha20poly1305(key, nonce, aad).encrypt(message))
}

/** Inverse of {@link sealTo}. Throws `InvalidMessageError` for what was not sealed to this key and for this use. */
export async function openFrom(
  own: AgreementKey,
  { info, aad }: SealedUse,
  sealed: Uint8Array,
): Promise<Bytes> {
  if (sealed.byteLength < sealedToBytes) throw new InvalidMessageError('expected a sealed message, got less')
  const ephemeral = copyBytes(sealed.subarray(0, 32))
  const secret = kemSecret(await own.agree(ephemeral), ephemeral, own.publicKey)
  const { key, nonce } = keySchedule(secret, info)
  try {
    return new Uint8Array(chacha20poly1305(key, nonce, aad).decrypt(sealed.subarray(32)))
  } catch (cause) {
    throw new InvalidMessageError('not sealed to this account', { cause })
  }
}

/** RFC 9180 section 4.1, ExtractAndExpand. */
function kemSecret(shared: Uint8Array, ephemeral: Uint8Array, receiver: Uint8Array): Bytes {
  const prk = labelledExtract(kemSuite, none, 'eae_prk', shared)
  return labelledExpand(kemSuite, prk, 'shared_secret', concat(ephemeral, receiver), 32)
}

/** RFC 9180 section 5.1 in base mode; the one message it is for has sequence number 0, so the base nonce is its nonce. */
function keySchedule(shared: Uint8Array, info: Uint8Array): { readonly key: Bytes; readonly nonce: Bytes } {
  const context = concat(
    new Uint8Array([0x00]),
    labelledExtract(suite, none, 'psk_id_hash', none),
    labelledExtract(suite, none, 'info_hash', info),
  )
  const secret = labelledExtract(suite, shared, 'secret', none)
  return {
    key: labelledExpand(suite, secret, 'key', context, 32),
    nonce: labelledExpand(suite, secret, 'base_nonce', context, 12),
  }
}

function labelledExtract(id: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Bytes {
  return new Uint8Array(extract(sha256, concat(utf8('HPKE-v1'), id, utf8(label), input), salt))
}

function labelledExpand(
  id: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Bytes {
  const labelled = concat(new Uint8Array([0, length]), utf8('HPKE-v1'), id, utf8(label), info)
  return new Uint8Array(expand(sha256, prk, labelled, length))
}
