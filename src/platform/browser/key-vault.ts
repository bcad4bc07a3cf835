import { systemRandom } from '../../core/base/clock.ts'
import { errorName } from '../../core/base/errors.ts'
import { firstUnkeptSlot, keyFromCrypto, keyFromSeed } from '../../core/identity/index.ts'
import type { KeyVault, SigningKey } from '../../core/identity/index.ts'
import { read, write, type Connection } from './database.ts'
import type { StoredKey } from './schema.ts'

/**
 * Keys in IndexedDB. WebCrypto keeps the private half where the engine has Ed25519 (it can be used but not read); elsewhere a
 * seed is wrapped at rest by an AES key that cannot be read.
 */
export class IdbKeyVault implements KeyVault {
  readonly #connection: Connection
  readonly #make: () => Promise<StoredKey>

  /** @param make for tests of the engines without WebCrypto Ed25519 */
  constructor(connection: Connection, make: () => Promise<StoredKey> = makeKey) {
    this.#connection = connection
    this.#make = make
  }

  account(): Promise<SigningKey> {
    return this.#loadOrMake('account')
  }

  async tab(slot: number): Promise<SigningKey> {
    return slot < firstUnkeptSlot
      ? await this.#loadOrMake(`tab/${String(slot)}`)
      : await open(await this.#make())
  }

  async #loadOrMake(name: string): Promise<SigningKey> {
    const known = await read(this.#connection, ['keys'], (tx) => tx.objectStore('keys').get(name))
    if (known !== undefined) return await open(known)
    const made = await this.#make()
    try {
      return await open(await this.#keepFirst(name, made))
    } catch (error) {
      // An engine may have Ed25519 and yet not know how to store its keys.
      const cause = error instanceof Error ? error.cause : undefined
      if (made.kind !== 'webcrypto' || errorName(cause) !== 'DataCloneError') throw error
      return await open(await this.#keepFirst(name, await makeWrappedKey()))
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

async function makeKey(): Promise<StoredKey> {
  try {
    const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
    if (!('privateKey' in pair)) return await makeWrappedKey()
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey)
    return { kind: 'webcrypto', privateKey: pair.privateKey, publicKey: new Uint8Array(raw) }
  } catch {
    return makeWrappedKey() // no Ed25519 in this engine
  }
}

/** A seed wrapped by AES-256-GCM; used where WebCrypto has no Ed25519. */
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

async function open(key: StoredKey): Promise<SigningKey> {
  if (key.kind === 'webcrypto') return keyFromCrypto(key.privateKey, key.publicKey)
  const seed = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: key.iv }, key.wrapping, key.sealedSeed)
  return keyFromSeed(new Uint8Array(seed))
}
