import { systemRandom } from '../../base/clock.ts'
import { agreementFromSeed } from '../agreement.ts'
import type { Identity } from '../index.ts'
import { keyFromSeed } from '../keys.ts'
import { openIdentity } from '../open.ts'

/** A person for tests: `seed` makes the account and `slot` the tab, the same on every run; random when not given. */
export async function testIdentity(seed?: number, slot = 0): Promise<Identity> {
  const fixed = (n: number): Uint8Array => new Uint8Array(32).fill(n)
  const account = keyFromSeed(seed === undefined ? systemRandom(32) : fixed(seed))
  const agreement = agreementFromSeed(seed === undefined ? systemRandom(32) : fixed(64 + seed))
  const tab = keyFromSeed(seed === undefined ? systemRandom(32) : fixed(128 + seed * 4 + slot))
  const { identity } = await openIdentity({
    keys: {
      account: () => Promise.resolve(account),
      agreement: () => Promise.resolve(agreement),
      tab: () => Promise.resolve(tab),
    },
    slots: { claim: () => Promise.resolve({ slot, release: () => undefined }) },
  })
  return identity
}
