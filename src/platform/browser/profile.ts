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
  /** False when both are gone with the page. */
  readonly isKept: boolean
}

/**
 * Opens the stores and keys of this browser profile; where the browser gives no database they live in memory.
 * Throws `StorageBlockedError`, `StorageOutdatedError`, `QuotaExceededError`, `StorageError`.
 *
 * @param onLost see {@link openBrowserStorage}
 * @param open for tests of browsers that refuse
 */
export async function openProfile(onLost: () => void, open = openBrowserStorage): Promise<Profile> {
  try {
    const stores = await open({ onLost })
    return { stores, keys: new IdbKeyVault(stores.database), isKept: true }
  } catch (error) {
    if (errorName(error) !== 'StorageDeniedError') throw error
    return {
      stores: createMemoryStorage(memoryQuotaBytes),
      keys: createMemoryKeyVault(systemRandom),
      isKept: false,
    }
  }
}
