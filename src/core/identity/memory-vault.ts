import type { RandomBytes } from '../base/clock.ts'
import { agreementFromSeed } from './agreement.ts'
import type { KeyVault, SigningKey } from './index.ts'
import { keyFromSeed } from './keys.ts'

/**
 * Keys that live as long as the process: for tests, and for private windows that refuse a database. Whoever uses it returns
 * as another person.
 */
export function createMemoryKeyVault(random: RandomBytes): KeyVault {
  const keys = new Map<string, SigningKey>()
  const loadOrMake = async (name: string): Promise<SigningKey> => {
    const key = keys.get(name) ?? keyFromSeed(random(32))
    keys.set(name, key)
    return key
  }
  const agreement = agreementFromSeed(random(32))
  return {
    account: () => loadOrMake('account'),
    agreement: () => Promise.resolve(agreement),
    tab: (slot) => loadOrMake(`tab/${String(slot)}`),
  }
}
