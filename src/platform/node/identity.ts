import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { systemRandom } from '../../core/base/clock.ts'
import {
  agreementFromSeed,
  firstUnkeptSlot,
  keyFromSeed,
  type AgreementKey,
  type KeyVault,
  type SigningKey,
} from '../../core/identity/index.ts'
import { StorageError } from '../../core/storage/index.ts'
import { DurableFolder, guarded, readWhole } from './durable-folder.ts'

/** Keys of a Node peer: 32-byte seeds (RFC 8032, RFC 7748) in files that only their owner may read (SPEC ID-1). */
export class FileKeyVault implements KeyVault {
  readonly #folder: DurableFolder

  /** @param path the peer's data folder; keys are kept in `keys/` below it */
  constructor(path: string) {
    this.#folder = new DurableFolder(join(path, 'keys'))
  }

  account(): Promise<SigningKey> {
    return this.#loadOrMake('account.key', keyFromSeed)
  }

  agreement(): Promise<AgreementKey> {
    return this.#loadOrMake('agreement.key', agreementFromSeed)
  }

  async tab(slot: number): Promise<SigningKey> {
    return slot < firstUnkeptSlot
      ? await this.#loadOrMake(`tab-${String(slot)}.key`, keyFromSeed)
      : keyFromSeed(systemRandom(32))
  }

  async #loadOrMake<K>(name: string, keyOf: (seed: Uint8Array) => K): Promise<K> {
    const path = join(this.#folder.path, name)
    let seed = await readWhole(path)
    if (seed === undefined) {
      await this.#folder.open()
      // Another process may have been first: then its key is there, and both use that one.
      await this.#folder.create(path, systemRandom(32))
      seed = await readWhole(path)
    } else {
      // A copied or restored file may be readable by others.
      await guarded(() => chmod(path, 0o600))
    }
    if (seed?.byteLength !== 32)
      throw new StorageError(`the key file ${name} is damaged: restore it or remove it`)
    const key = keyOf(seed)
    seed.fill(0)
    return key
  }
}
