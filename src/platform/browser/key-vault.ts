import { systemRandom } from '../../core/base/clock.ts'
import { errorName } from '../../core/base/errors.ts'
import {
  agreementFromCrypto,
  agreementFromSeed,
  firstUnkeptSlot,
  keyFromCrypto,
  keyFromSeed,
} from '../../core/identity/index.ts'
import type { AgreementKey, KeyVault, SigningKey } from '../../core/identity/index.ts'
import { read, write, type Connection } from './database.ts'
import type { StoredKey } from './schema.ts'

/** Ed25519 signs, X25519 agrees on secrets; an engine may have one and not the other. */
type KeyAlgorithm = 'Ed25519' | 'X25519'

/**
 * Keys in IndexedDB. WebCrypto keeps the private half where the engine has the curve (it can be used but not read); elsewhere a
 * seed is wrapped at rest by an AES key that cannot be read.
 */
export class IdbKeyVault implements KeyVault {
  readonly #connection: Connection
  readonly #make: (algorithm: KeyAlgorithm) => Promise<StoredKey>

  /** @param make for tests of the engines without WebCrypto's curves */
  constructor(connection: Connection, make: (algorithm: KeyAlgorithm) => Promise<StoredKey> = makeKey) {
    this.#connection = connection
    this.#make = make
  }

  async account(): Promise<SigningKey> {
    return await openSigning(await this.#loadOrMake('account', 'Ed25519'))
  }

  async agreement(): Promise<AgreementKey> {
    const key = await this.#loadOrMake('agreement', 'X25519')
    return key.kind === 'webcrypto'
      ? agreementFromCrypto(key.privateKey, key.publicKey)
      : agreementFromSeed(await unwrapped(key))
  }

  async tab(slot: number): Promise<SigningKey> {
    return await openSigning(
      slot < firstUnkeptSlot
        ? await this.#loadOrMake(`tab/${String(slot)}`, 'Ed25519')
        : await this.#make('Ed25519'),
    )
  }

  async #loadOrMake(name: string, algorithm: KeyAlgorithm): Promise<StoredKey> {
    const known = await read(this.#connection, ['keys'], (tx) => tx.objectStore('keys').get(name))
    if (known !== undefined) return known
    const made = await this.#make(algorithm)
    try {
      return await this.#keepFirst(name, made)
    } catch (error) {
      // An engine may have the curve and yet not know how to store its keys.
      const cause = error instanceof Error ? error.cause : undefined
      if (made.kind !== 'webcrypto' || errorName(cause) !== 'DataCloneError') throw error
      return await this.#keepFirst(name, await makeWrappedKey())
    }
  }

  /** Another tab may have made one meanwhile: whoever is first in a transaction wins, and both use that one. */
  async #keepFirst(name: string, made: StoredKey): Promise<StoredKey> {
    return await write(this.#connection, ['keys'], async (tx) => {
      const first = await tx.objectStore('keys').get(name)
      if (first !== undefined) return first
      await tx.objectStore('keys').put(made, name)
      return made
    })
  }
}

async function makeKey(algorithm: KeyAlgorithm): Promise<StoredKey> {
  try {
    const uses: KeyUsage[] = algorithm === 'Ed25519' ? ['sign', 'verify'] : ['deriveBits']
    const pair = await crypto.subtle.generateKey(algorithm, false, uses)
    if (!('privateKey' in pair)) return await makeWrappedKey()
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
    return { kind: 'webcrypto', privateKey: pair.privateKey, publicKey: new Uint8Array(raw) }
  } catch {
    return makeWrappedKey() // the engine lacks the curve
  }
}

/** A seed wrapped by AES-256-GCM; used where WebCrypto lacks the curve. */
export async function makeWrappedKey(): Promise<StoredKey> {
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])
  const iv = systemRandom(12)
  const seed = systemRandom(32)
  const sealedSeed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, seed)
  seed.fill(0)
  return { kind: 'wrapped', wrapping, iv, sealedSeed }
}

async function openSigning(key: StoredKey): Promise<SigningKey> {
  if (key.kind === 'webcrypto') return keyFromCrypto(key.privateKey, key.publicKey)
  return keyFromSeed(await unwrapped(key))
}

async function unwrapped(key: Extract<StoredKey, { kind: 'wrapped' }>): Promise<Uint8Array> {
  const seed = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: key.iv }, key.wrapping, key.sealedSeed)
  return new Uint8Array(seed)
}
