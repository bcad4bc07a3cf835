import type { Identity, KeyVault, SlotLocks } from './index.ts'
import { accountOf, peerIdOf, signedBytes } from './keys.ts'

/**
 * Claims a slot and loads or makes the keys of account and tab. `release` gives the slot back; the slot is also given back
 * when a key cannot be had, and the vault's error is thrown.
 */
export async function openIdentity(components: {
  readonly keys: KeyVault
  readonly slots: SlotLocks
}): Promise<{ readonly identity: Identity; release(): void }> {
  const { slot, release } = await components.slots.claim()
  try {
    const { keys } = components
    const [account, agreement, tabKey] = await Promise.all([keys.account(), keys.agreement(), keys.tab(slot)])
    const identity: Identity = {
      account: accountOf(account.publicKey),
      peer: peerIdOf(tabKey.publicKey),
      tabKey,
      agreement,
      slot,
      sign: (domain, message) => account.sign(signedBytes(domain, message)),
    }
    return { identity, release }
  } catch (error) {
    release()
    throw error
  }
}
