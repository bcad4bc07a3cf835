import { ed25519 } from '@noble/curves/ed25519.js'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { concat, fromBase64Url, toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { SignatureDomain, SigningKey, VerifySignature } from './index.ts'

/** The id of the account with this 32-byte public key. */
export function accountOf(publicKey: Uint8Array): AccountId {
  if (publicKey.byteLength !== 32) throw new InvalidMessageError('expected a 32-byte account key')
  return toBase64Url(publicKey) as AccountId // the checked key is what an account id is made of
}

/** The 32-byte public key of an account. Throws `InvalidMessageError` when the id is not one. */
export function accountPublicKey(account: AccountId): Bytes {
  const bytes = fromBase64Url(account)
  if (bytes.byteLength !== 32) throw new InvalidMessageError('expected an account id of 32 bytes')
  return bytes
}

/** The libp2p peer id of a tab with this 32-byte Ed25519 public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(publicKey)).toString() as PeerId // libp2p's own text form
}

/** What an account really signs: `tessera/<domain>/1`, a zero byte, the message (SPEC ID-3). */
export function signedBytes(domain: SignatureDomain, message: Uint8Array): Bytes {
  return concat(utf8(`tessera/${domain}/1`), new Uint8Array(1), message)
}

/** A key from a 32-byte Ed25519 seed (RFC 8032) held in memory: for tests, Node, and engines without WebCrypto Ed25519. */
export function keyFromSeed(seed: Uint8Array): SigningKey {
  const own = new Uint8Array(seed)
  return {
    publicKey: new Uint8Array(ed25519.getPublicKey(own)),
    sign: (message) => Promise.resolve(new Uint8Array(ed25519.sign(message, own))),
  }
}

/** A key as WebCrypto holds it; named through the function that takes it, since Node and browsers declare it apart. */
export type HeldKey = Parameters<typeof crypto.subtle.sign>[1]

/** A key whose private half WebCrypto keeps; `publicKey` is its 32-byte raw form. */
export function keyFromCrypto(privateKey: HeldKey, publicKey: Bytes): SigningKey {
  return {
    publicKey,
    sign: async (message) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(message))),
  }
}

/** Verification by WebCrypto: six times faster than in JavaScript where the engine has it. */
export const verifyByWebCrypto: VerifySignature = async (publicKey, signature, message) => {
  if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
  try {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message))
  } catch {
    return false // a key that does not import verifies nothing
  }
}

/** Verification by noble, with the strict rules of RFC 8032 (no ZIP 215 leniency). */
export const verifyByNoble: VerifySignature = (publicKey, signature, message) => {
  if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return Promise.resolve(false)
  try {
    return Promise.resolve(ed25519.verify(signature, message, publicKey, { zip215: false }))
  } catch {
    return Promise.resolve(false) // a point that does not decode verifies nothing
  }
}

/** Whether this engine's WebCrypto makes, keeps and uses Ed25519 keys. */
export async function hasWebCryptoEd25519(): Promise<boolean> {
  try {
    const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    return 'privateKey' in pair
  } catch {
    return false
  }
}

/** Picks the fastest verification this engine has, once, on first use. */
export function createVerifier(): VerifySignature {
  let chosen: Promise<VerifySignature> | undefined
  return async (publicKey, signature, message) => {
    chosen ??= hasWebCryptoEd25519().then((has) => (has ? verifyByWebCrypto : verifyByNoble))
    return (await chosen)(publicKey, signature, message)
  }
}
