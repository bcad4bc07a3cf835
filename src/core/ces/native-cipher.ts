import { hchacha } from '@noble/ciphers/chacha.js'
import { equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import { decrypt, encrypt } from './cipher.ts'
import { tagBytes } from './constants.ts'
import { DecryptionError } from './errors.ts'

/** Opens sealed bytes into a new buffer; reads `sealed` before it returns, so it may be overwritten then. Rejects with `DecryptionError`. */
export type Decrypt = (nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) => Promise<Bytes>

/** WebCrypto's name for it (WICG, Modern Algorithms in the Web Cryptography API); few engines have it yet. */
const algorithm = 'ChaCha20-Poly1305'

/** The first 16 bytes of a nonce and the key make the key of the cipher proper (draft-irtf-cfrg-xchacha-03 section 2.3). */
const subkeyNonceBytes = 16

const sigma = wordsOf(utf8('expand 32-byte k'))

/**
 * Makes {@link Decrypt} for a file: the browser's own cipher where it has one that proves itself against ours, noble's elsewhere. The
 * browser's is some ten times as fast and runs off this thread.
 */
export class Decryptors {
  #isProven: Promise<boolean> | undefined
  #last:
    { readonly key: Uint8Array; readonly prefix: Uint8Array; readonly made: Promise<Decrypt> } | undefined

  /**
   * @param key 32 bytes
   * @param prefix what all nonces that will come begin with, 16 bytes or more
   */
  async of(key: Uint8Array, prefix: Uint8Array): Promise<Decrypt> {
    this.#isProven ??= isProven()
    if (!(await this.#isProven)) return nobles(key)
    const last = this.#last
    if (last !== undefined && equalBytes(last.key, key) && equalBytes(last.prefix, prefix))
      return await last.made
    const made = natives(key, prefix)
    this.#last = { key, prefix, made }
    return await made
  }
}

function nobles(key: Uint8Array): Decrypt {
  return (nonce, aad, sealed) => {
    const plaintext = new Uint8Array(Math.max(0, sealed.byteLength - tagBytes))
    try {
      decrypt(key, nonce, aad, sealed, plaintext)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new DecryptionError(String(error)))
    }
    return Promise.resolve(plaintext)
  }
}

/** XChaCha20-Poly1305 by the browser: HChaCha20 for the key, then RFC 8439 with the nonce's last 8 bytes behind four zeros. */
async function natives(key: Uint8Array, prefix: Uint8Array): Promise<Decrypt> {
  const subkey = new Uint32Array(8)
  hchacha(sigma, wordsOf(key), wordsOf(prefix.subarray(0, subkeyNonceBytes)), subkey)
  // TypeScript's library does not know the format yet.
  const format = 'raw-secret' as 'raw'
  const cipher = await crypto.subtle.importKey(format, subkey, algorithm, false, ['decrypt'])
  subkey.fill(0)
  return async (nonce, aad, sealed) => {
    const iv = new Uint8Array(12)
    iv.set(nonce.subarray(subkeyNonceBytes), 4)
    const parameters = { name: algorithm, iv, additionalData: new Uint8Array(aad), tagLength: 8 * tagBytes }
    try {
      // A view of the caller's memory: WebCrypto takes a copy of it before it returns.
      return new Uint8Array(await crypto.subtle.decrypt(parameters, cipher, sealed as Bytes))
    } catch (cause) {
      throw new DecryptionError('the sealed bytes do not belong to this key and place', { cause })
    }
  }
}

/** Whether the browser's cipher opens what noble sealed, and refuses it with one bit changed. */
async function isProven(): Promise<boolean> {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
  const nonce = Uint8Array.from({ length: 24 }, (_, i) => 255 - i)
  const aad = utf8('tessera')
  const plaintext = Uint8Array.from({ length: 1_000 }, (_, i) => i * 31)
  const sealed = new Uint8Array(plaintext.byteLength + tagBytes)
  encrypt(key, nonce, aad, plaintext, sealed)
  try {
    const open = await natives(key, nonce)
    if (!equalBytes(await open(nonce, aad, sealed), plaintext)) return false
    sealed[500] = (sealed[500] ?? 0) ^ 1
    const opened = await open(nonce, aad, sealed).catch((error: unknown) => error)
    return opened instanceof DecryptionError
  } catch {
    return false // this engine has no such cipher
  }
}

/** Bytes as the little-endian words of this machine; every engine of today is one. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer)
}
