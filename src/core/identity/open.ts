import type { Identity, KeyVault, SlotLocks } from './index.ts'
import { accountOf, peerIdOf, signedBytes } from './keys.ts'

/** Claims a slot and loads or makes the keys of account and tab. `release` gives the slot back. */
export async function openIdentity(components: {
  readonly keys: KeyVault
  readonly slots: SlotLocks
}): Promise<{ readonly identity: Identity; release(): void }> {
  const [{ slot, release }, account] = await Promise.all([
    components.slots.claim(),
    components.keys.account(),
  ])
  const tabKey = await components.keys.tab(slot)
  return {
    release,
    identity: {
      account: accountOf(account.publicKey),
      peer: peerIdOf(tabKey.publicKey),
      tabKey,
      slot,
      sign: (domain, message) => account.sign(signedBytes(domain, message)),
    },
  }
}
