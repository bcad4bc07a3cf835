import { deleteDB } from 'idb'
import { afterEach, describe, expect, it } from 'vitest'
import type { FileId } from '../../core/base/ids.ts'
import { verifyByWebCrypto } from '../../core/identity/keys.ts'
import { storesSuite } from '../../core/storage/testing/stores-suite.ts'
import { write } from './database.ts'
import { IdbKeyVault, makeWrappedKey } from './key-vault.ts'
import { WebLockSlots } from './slots.ts'
import { openBrowserStorage } from './storage.ts'

const opened: { name: string; close(): void }[] = []
let count = 0

async function openTwice() {
  const name = `test-${count++}`
  const a = await openBrowserStorage({ name })
  const b = await openBrowserStorage({ name })
  opened.push({ name, close: () => (a.close(), b.close()) })
  return [a, b] as const
}

afterEach(async () => {
  for (const { name, close } of opened.splice(0)) {
    close()
    await deleteDB(name)
  }
})

storesSuite('IndexedDB', openTwice)

describe('IndexedDB failures', () => {
  it('ST-6 keeps nothing of a transaction that is cut off in the middle', async () => {
    const [a, b] = await openTwice()
    const cut = write(a.database, ['settings'], async (tx) => {
      await tx.objectStore('settings').put(1, 'half')
      throw new Error('power gone')
    })
    await expect(cut).rejects.toMatchObject({ name: 'StorageError' })
    expect(await b.settings.get('half')).toBeUndefined()
  })
  it('ST-6 names a full disk and what was needed', async () => {
    const [a] = await openTwice()
    const full = write(
      a.database,
      ['settings'],
      () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
      4096,
    )
    await expect(full).rejects.toMatchObject({ name: 'QuotaExceededError', neededBytes: 4096 })
  })
  it('ST-6 names the use of a closed database', async () => {
    const [a] = await openTwice()
    a.close()
    await expect(a.settings.get('k')).rejects.toMatchObject({ name: 'StorageError' })
    await expect(a.shards.piece('f' as FileId, 0, 0)).rejects.toMatchObject({ name: 'StorageError' })
    await expect(a.settings.set('k', 1)).rejects.toMatchObject({ name: 'StorageError' })
  })
})

describe('keys at rest', () => {
  const message = new TextEncoder().encode('hello')

  it('ID-1 two tabs that make the account at once have one account', async () => {
    const [a, b] = await openTwice()
    const keys = await Promise.all([
      new IdbKeyVault(a.database).account(),
      new IdbKeyVault(b.database).account(),
    ])
    expect(keys[0].publicKey).toEqual(keys[1].publicKey)
    expect(await verifyByWebCrypto(keys[0].publicKey, await keys[1].sign(message), message)).toBe(true)
  })
  it('ID-1 the private half cannot be read out', async () => {
    const [a] = await openTwice()
    await new IdbKeyVault(a.database).tab(0)
    const stored = await a.database.get('keys', 'tab/0')
    if (stored?.kind !== 'webcrypto') throw new Error('this engine has WebCrypto Ed25519')
    await expect(crypto.subtle.exportKey('pkcs8', stored.privateKey)).rejects.toBeInstanceOf(DOMException)
  })
  it('ID-1 a wrapped seed signs the same way and is the same key after a reload', async () => {
    const [a, b] = await openTwice()
    const first = await new IdbKeyVault(a.database, makeWrappedKey).tab(3)
    const again = await new IdbKeyVault(b.database).tab(3)
    expect(again.publicKey).toEqual(first.publicKey)
    expect(await verifyByWebCrypto(first.publicKey, await again.sign(message), message)).toBe(true)
  })
})

describe('tab slots', () => {
  it('ID-2 each live tab has its own slot, the lowest free one, and a freed slot is given again', async () => {
    sessionStorage.clear()
    const slots = new WebLockSlots()
    const first = await slots.claim()
    sessionStorage.clear()
    const second = await slots.claim()
    expect(second.slot).not.toBe(first.slot)
    first.release()
    sessionStorage.setItem('tessera-slot', String(first.slot))
    const third = await slots.claim()
    expect(third.slot).toBe(first.slot)
    second.release()
    third.release()
  })
  it('ID-2 a duplicated tab, which remembers a slot that is taken, gets another', async () => {
    sessionStorage.clear()
    const slots = new WebLockSlots()
    const original = await slots.claim()
    const duplicate = await slots.claim()
    expect(duplicate.slot).not.toBe(original.slot)
    original.release()
    duplicate.release()
  })
})
