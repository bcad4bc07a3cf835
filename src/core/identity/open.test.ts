import { describe, expect, it } from 'vitest'
import { systemRandom } from '../base/clock.ts'
import { accountOf, createMemoryKeyVault, openIdentity, peerIdOf, type SlotLocks } from './index.ts'

/** Slots of one profile whose lowest free number is given, as the locks of a browser do. */
function countedSlots(): SlotLocks & { readonly held: Set<number> } {
  const held = new Set<number>()
  return {
    held,
    claim: async () => {
      let slot = 0
      while (held.has(slot)) slot += 1
      held.add(slot)
      return { slot, release: () => void held.delete(slot) }
    },
  }
}

describe('opening an identity', () => {
  it('ID-2 two tabs of a profile are two peers of one account, and a freed slot is the same peer again', async () => {
    const components = { keys: createMemoryKeyVault(systemRandom), slots: countedSlots() }
    const first = await openIdentity(components)
    const second = await openIdentity(components)
    expect(second.identity.account).toBe(first.identity.account)
    expect(second.identity.peer).not.toBe(first.identity.peer)
    first.release()
    const again = await openIdentity(components)
    expect(again.identity.peer).toBe(first.identity.peer)
    expect(again.identity.slot).toBe(first.identity.slot)
  })
  it('ID-2 the ids are those of the keys in the vault', async () => {
    const keys = createMemoryKeyVault(systemRandom)
    const { identity } = await openIdentity({ keys, slots: countedSlots() })
    expect(identity.account).toBe(accountOf((await keys.account()).publicKey))
    expect(identity.peer).toBe(peerIdOf((await keys.tab(identity.slot)).publicKey))
  })
  it('ID-2 a key that cannot be had gives the slot back', async () => {
    const slots = countedSlots()
    const refuse = (): Promise<never> => Promise.reject(new Error('no keys today'))
    const opening = openIdentity({ keys: { account: refuse, agreement: refuse, tab: refuse }, slots })
    await expect(opening).rejects.toThrow('no keys today')
    expect(slots.held.size).toBe(0)
  })
})
