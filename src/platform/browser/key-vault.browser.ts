import { describe, expect, it } from 'vitest'
import { firstUnkeptSlot } from '../../core/identity/index.ts'
import { webCryptoVerifier } from '../../core/identity/verify.ts'
import { IdbKeyVault, makeWrappedKey } from './key-vault.ts'
import { openTwice } from './testing/open-profile.ts'

const verify = webCryptoVerifier()
const message = new TextEncoder().encode('hello')

describe('keys in IndexedDB', () => {
  it('ID-1 tabs that make the account at once have one account', async () => {
    const [a, b] = await openTwice()
    const vaults = [a, b, a, b, a, b].map(({ database }) => new IdbKeyVault(database))
    const keys = await Promise.all(vaults.map((vault) => vault.account()))
    const [first] = keys
    if (first === undefined) throw new Error('no key')
    for (const key of keys) {
      expect(key.publicKey).toEqual(first.publicKey)
      expect(await verify(first.publicKey, await key.sign(message), message)).toBe(true)
    }
  })
  it('ID-1 a key is the same after the database was closed and opened again', async () => {
    const [a, b] = await openTwice()
    const before = await new IdbKeyVault(a.database).account()
    a.close()
    expect((await new IdbKeyVault(b.database).account()).publicKey).toEqual(before.publicKey)
  })
  it('ID-1 the private half cannot be read out', async () => {
    const [a] = await openTwice()
    await new IdbKeyVault(a.database).tab(0)
    const stored = await (await a.database.database()).get('keys', 'tab/0')
    if (stored?.kind !== 'webcrypto') throw new Error('this engine has WebCrypto Ed25519')
    for (const format of ['pkcs8', 'jwk'] as const) {
      await expect(crypto.subtle.exportKey(format, stored.privateKey)).rejects.toBeInstanceOf(DOMException)
    }
  })
  it('ID-1 a wrapped seed signs the same way, is the same key after a reload, and its wrapping key is not readable', async () => {
    const [a, b] = await openTwice()
    const first = await new IdbKeyVault(a.database, makeWrappedKey).tab(3)
    const again = await new IdbKeyVault(b.database).tab(3)
    expect(again.publicKey).toEqual(first.publicKey)
    expect(await verify(first.publicKey, await again.sign(message), message)).toBe(true)
    const stored = await (await a.database.database()).get('keys', 'tab/3')
    if (stored?.kind !== 'wrapped') throw new Error('expected a wrapped key')
    await expect(crypto.subtle.exportKey('raw', stored.wrapping)).rejects.toBeInstanceOf(DOMException)
  })
  it('ID-1 an engine that has Ed25519 but cannot store its keys gets a wrapped seed', async () => {
    const [a] = await openTwice()
    let asked = 0
    const unstorable = async () => {
      asked += 1
      // Functions cannot be cloned: the database refuses with DataCloneError, as an engine does with such keys.
      const privateKey = (() => undefined) as unknown as CryptoKey
      return { kind: 'webcrypto', privateKey, publicKey: new Uint8Array(32) } as const
    }
    const key = await new IdbKeyVault(a.database, unstorable).account()
    expect(asked).toBe(1)
    expect(await verify(key.publicKey, await key.sign(message), message)).toBe(true)
    expect((await (await a.database.database()).get('keys', 'account'))?.kind).toBe('wrapped')
  })
  it('ID-7 tabs that make the agreement key at once have one, it is not readable, and both ways of keeping it agree', async () => {
    const [a, b] = await openTwice()
    const keys = await Promise.all([a, b, a, b].map(({ database }) => new IdbKeyVault(database).agreement()))
    const [held] = keys
    if (held === undefined) throw new Error('no key')
    for (const key of keys) expect(key.publicKey).toEqual(held.publicKey)
    const stored = await (await a.database.database()).get('keys', 'agreement')
    if (stored?.kind !== 'webcrypto') throw new Error('this engine has WebCrypto X25519')
    await expect(crypto.subtle.exportKey('pkcs8', stored.privateKey)).rejects.toBeInstanceOf(DOMException)
    const [c, d] = await openTwice()
    const wrapped = await new IdbKeyVault(c.database, makeWrappedKey).agreement()
    expect((await new IdbKeyVault(d.database).agreement()).publicKey).toEqual(wrapped.publicKey)
    expect(await held.agree(wrapped.publicKey)).toEqual(await wrapped.agree(held.publicKey))
  })
  it('ID-2 each slot has its own key', async () => {
    const [a] = await openTwice()
    const vault = new IdbKeyVault(a.database)
    expect((await vault.tab(0)).publicKey).not.toEqual((await vault.tab(1)).publicKey)
  })
  it('ID-6 the key of a slot of one visit is not kept', async () => {
    const [a] = await openTwice()
    const vault = new IdbKeyVault(a.database)
    const [once, twice] = [await vault.tab(firstUnkeptSlot), await vault.tab(firstUnkeptSlot)]
    expect(once.publicKey).not.toEqual(twice.publicKey)
    expect(await (await a.database.database()).count('keys')).toBe(0)
  })
})
