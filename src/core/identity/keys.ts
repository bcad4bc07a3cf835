import { ed25519 } from '../base/curves.ts'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { concat, copyBytes, fromBase64Url, toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { SignatureDomain, SigningKey } from './index.ts'

/** The id of the account with this 32-byte public key. Throws `InvalidMessageError` for another length. */
export function accountOf(publicKey: Uint8Array): AccountId {
  checkLength(publicKey, 'account key')
  return toBase64Url(publicKey) as AccountId // the checked key is what an account id is made of
}

/** The 32-byte public key of an account. Throws `InvalidMessageError` when the id is not one in its only spelling. */
export function accountPublicKey(account: AccountId): Bytes {
  const bytes = fromBase64Url(account)
  checkLength(bytes, 'account id')
  if (toBase64Url(bytes) !== account)
    throw new InvalidMessageError('expected an account id without spare bits')
  return bytes
}

/** The libp2p peer id of a tab with this 32-byte Ed25519 public key. Throws `InvalidMessageError` for another length. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  checkLength(publicKey, 'tab key')
  return peerIdFromPublicKey(publicKeyFromRaw(publicKey)).toString() as PeerId // libp2p's own text form
}

/** What an account really signs: `tessera/<domain>/1`, a zero byte, the message (SPEC ID-3). */
export function signedBytes(domain: SignatureDomain, message: Uint8Array): Bytes {
  return concat(utf8(`tessera/${domain}/1`), new Uint8Array(1), message)
}

/** A key from a 32-byte Ed25519 seed (RFC 8032) held in memory: for tests, Node, and engines without WebCrypto Ed25519. */
export function keyFromSeed(seed: Uint8Array): SigningKey {
  const own = copyBytes(seed)
  return {
    publicKey: copyBytes(ed25519.getPublicKey(own)),
    sign: async (message) => copyBytes(ed25519.sign(message, own)),
  }
}

/** A key as WebCrypto holds it; named through the function that takes it, since Node and browsers declare it apart. */
export type HeldKey = Parameters<typeof crypto.subtle.sign>[1]

/** A key whose private half WebCrypto keeps; `publicKey` is its 32-byte raw form. */
export function keyFromCrypto(privateKey: HeldKey, publicKey: Bytes): SigningKey {
  return {
    publicKey,
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, copyBytes(message))),
  }
}

function checkLength(bytes: Uint8Array, what: string): void {
  if (bytes.byteLength === 32) return
  throw new InvalidMessageError(`expected 32 bytes of ${what}, got ${String(bytes.byteLength)}`)
}
