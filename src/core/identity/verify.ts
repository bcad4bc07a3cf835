import { ed25519 } from '../base/curves.ts'
import { copyBytes, fromBase64Url, toBase64Url } from '../base/bytes.ts'
import { maxRememberedKeys } from './constants.ts'
import type { VerifySignature } from './index.ts'
import type { HeldKey } from './keys.ts'

/**
 * Picks the fastest verification this engine has, once, on first use. Every engine gives the same answer to the same bytes
 * (SPEC ID-5): logs that one peer believes and another refuses would never reconcile.
 */
export function createVerifier(): VerifySignature {
  let chosen: Promise<VerifySignature> | undefined
  return async (publicKey, signature, message) => {
    chosen ??= hasWebCryptoEd25519().then((has) => (has ? webCryptoVerifier() : nobleVerifier()))
    return (await chosen)(publicKey, signature, message)
  }
}

/** Verification by WebCrypto: several times faster than in JavaScript. Remembers imported keys. */
export function webCryptoVerifier(): VerifySignature {
  const keys = new KeyMemory(async (publicKey) =>
    // A key the engine will not take verifies nothing.
    isSound(publicKey, { primeOrder: true }) ? await importKey(publicKey).catch(() => undefined) : undefined,
  )
  return async (publicKey, signature, message) => {
    if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
    if (!isSound(signature.subarray(0, 32), { primeOrder: false })) return false
    const key = await keys.get(publicKey)
    if (key === undefined) return false
    return await crypto.subtle.verify('Ed25519', key, copyBytes(signature), copyBytes(message))
  }
}

/** Verification by noble, with the strict decoding of RFC 8032 (no ZIP 215 leniency). */
export function nobleVerifier(): VerifySignature {
  const sound = new KeyMemory(async (publicKey) => isSound(publicKey, { primeOrder: true }))
  return async (publicKey, signature, message) => {
    if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
    // noble multiplies by the cofactor and so forgives a torsion part of R; WebCrypto does not.
    if (!isSound(signature.subarray(0, 32), { primeOrder: true })) return false
    return (await sound.get(publicKey)) && ed25519.verify(signature, message, publicKey, { zip215: false })
  }
}

/**
 * Whether WebCrypto verifies Ed25519 here: it must accept the first vector of RFC 8032 section 7.1 and refuse it for another
 * message.
 */
export async function hasWebCryptoEd25519(): Promise<boolean> {
  try {
    const key = await importKey(rfcVector.publicKey)
    const signature = rfcVector.signature
    const accepts = await crypto.subtle.verify('Ed25519', key, signature, new Uint8Array(0))
    return accepts && !(await crypto.subtle.verify('Ed25519', key, signature, new Uint8Array(1)))
  } catch {
    return false // the engine does not know the name, or has no WebCrypto outside a secure context
  }
}

/** RFC 8032 section 7.1, TEST 1 (empty message), in base64url. */
const rfcVector = {
  publicKey: fromBase64Url('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'),
  signature: fromBase64Url(
    '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw',
  ),
}

/**
 * Whether 32 bytes are the one spelling of a curve point that a signature may use. A point of small order, or a key with such
 * a part, is where verifiers differ (a signature can hold in one engine and not in the next); no honest key or signature has one.
 */
function isSound(bytes: Uint8Array, { primeOrder }: { primeOrder: boolean }): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes, false)
    return !point.isSmallOrder() && (!primeOrder || point.isTorsionFree())
  } catch {
    return false // bytes that are no point verify nothing
  }
}

async function importKey(publicKey: Uint8Array): Promise<HeldKey> {
  return await crypto.subtle.importKey('raw', copyBytes(publicKey), 'Ed25519', false, ['verify'])
}

/** What was found out about public keys, the least recently used forgotten first. */
class KeyMemory<T> {
  readonly #learn: (publicKey: Uint8Array) => Promise<T>
  readonly #known = new Map<string, Promise<T>>()

  constructor(learn: (publicKey: Uint8Array) => Promise<T>) {
    this.#learn = learn
  }

  async get(publicKey: Uint8Array): Promise<T> {
    const name = toBase64Url(publicKey)
    const known = this.#known.get(name) ?? this.#learn(publicKey)
    this.#known.delete(name)
    this.#known.set(name, known)
    const oldest = this.#known.keys().next()
    if (this.#known.size > maxRememberedKeys && oldest.done !== true) this.#known.delete(oldest.value)
    return await known
  }
}
