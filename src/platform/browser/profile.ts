import { systemRandom } from '../../core/base/clock.ts'
import { errorName } from '../../core/base/errors.ts'
import { createMemoryKeyVault, type KeyVault } from '../../core/identity/index.ts'
import { createMemoryStorage, type Stores } from '../../core/storage/index.ts'
import { IdbKeyVault } from './key-vault.ts'
import { openBrowserStorage } from './storage.ts'

/** Pieces kept in memory where the browser keeps nothing: a tab has to live with what is left (SPEC ST-9). */
const memoryQuotaBytes = 256 * 1024 * 1024

/** What this tab keeps, and its keys. */
export interface Profile {
  readonly stores: Stores
  readonly keys: KeyVault
}

/**
 * Opens the stores and keys of this browser profile once; a failed opening may be tried again. Where the browser gives no
 * database they live in memory. Throws `StorageBlockedError`, `StorageOutdatedError`, `QuotaExceededError`, `StorageError`.
 */
export class ProfileOpener {
  readonly #open: typeof openBrowserStorage
  #opening: Promise<Profile> | undefined

  /** @param open for tests of browsers that refuse */
  constructor(open: typeof openBrowserStorage = openBrowserStorage) {
    this.#open = open
  }

  /** @param onLost of the first call; see {@link openBrowserStorage} */
  async open(onLost: () => void): Promise<Profile> {
    this.#opening ??= this.#first(onLost)
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #first(onLost: () => void): Promise<Profile> {
    try {
      const stores = await this.#open({ onLost })
      return { stores, keys: new IdbKeyVault(stores.database) }
    } catch (error) {
      if (errorName(error) !== 'StorageDeniedError') throw error
      return { stores: createMemoryStorage(memoryQuotaBytes), keys: createMemoryKeyVault(systemRandom) }
    }
  }
}
