import { spawn } from 'node:child_process'
import { chmod, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createVerifier, firstUnkeptSlot, openIdentity } from '../../core/identity/index.ts'
import { FileKeyVault } from './identity.ts'
import { SocketSlots } from './slots.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const verify = createVerifier()

describe('keys in files', () => {
  it('ID-1 vaults that make the account at once have one account, and it is the same later', async () => {
    const path = await temporaryFolder()
    const keys = await Promise.all(Array.from({ length: 8 }, () => new FileKeyVault(path).account()))
    keys.push(await new FileKeyVault(path).account())
    const [first] = keys
    if (first === undefined) throw new Error('no key')
    const message = new Uint8Array(5)
    for (const key of keys) {
      expect(key.publicKey).toEqual(first.publicKey)
      expect(await verify(first.publicKey, await key.sign(message), message)).toBe(true)
    }
  })
  it('ID-7 vaults that make the agreement key at once have one, and it is not the account key', async () => {
    const path = await temporaryFolder()
    const keys = await Promise.all(Array.from({ length: 4 }, () => new FileKeyVault(path).agreement()))
    const again = await new FileKeyVault(path).agreement()
    for (const key of keys) expect(key.publicKey).toEqual(again.publicKey)
    const { publicKey } = await new FileKeyVault(path).account()
    expect(again.publicKey).not.toEqual(publicKey)
  })
  it.skipIf(process.platform === 'win32')(
    'ID-1 only the owner may read a key, even one that was copied about',
    async () => {
      const path = await temporaryFolder()
      await new FileKeyVault(path).account()
      const file = join(path, 'keys', 'account.key')
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      expect((await stat(join(path, 'keys'))).mode & 0o777).toBe(0o700)
      await chmod(file, 0o644)
      await new FileKeyVault(path).account()
      expect((await stat(file)).mode & 0o777).toBe(0o600)
    },
  )
  it('ID-1 a damaged key is refused, never replaced', async () => {
    const path = await temporaryFolder()
    await new FileKeyVault(path).account()
    await writeFile(join(path, 'keys', 'account.key'), 'short')
    await expect(new FileKeyVault(path).account()).rejects.toMatchObject({ name: 'StorageError' })
    expect((await stat(join(path, 'keys', 'account.key'))).size).toBe(5)
  })
  it('ID-6 the key of a slot of one visit is not kept', async () => {
    const path = await temporaryFolder()
    const vault = new FileKeyVault(path)
    const [once, twice] = [await vault.tab(firstUnkeptSlot), await vault.tab(firstUnkeptSlot)]
    expect(once.publicKey).not.toEqual(twice.publicKey)
    expect(await readdir(path)).toEqual([])
  })
})

describe('slots of processes', () => {
  it('ID-2 two peers on one folder are two peers of one account, and a freed slot is the same peer again', async () => {
    const path = await temporaryFolder()
    const components = { keys: new FileKeyVault(path), slots: new SocketSlots(path) }
    const first = await openIdentity(components)
    const second = await openIdentity(components)
    onTestFinished(() => second.release())
    expect([first.identity.slot, second.identity.slot]).toEqual([0, 1])
    expect(second.identity.account).toBe(first.identity.account)
    expect(second.identity.peer).not.toBe(first.identity.peer)
    first.release()
    const again = await openIdentity(components)
    onTestFinished(() => again.release())
    expect(again.identity.peer).toBe(first.identity.peer)
  })
  it('ID-2 peers that start at once have as many slots, and other folders have their own', async () => {
    const path = await temporaryFolder()
    const claims = await Promise.all(Array.from({ length: 10 }, () => new SocketSlots(path).claim()))
    const other = await new SocketSlots(await temporaryFolder()).claim()
    onTestFinished(() => [...claims, other].forEach(({ release }) => release()))
    expect(new Set(claims.map(({ slot }) => slot)).size).toBe(10)
    expect(other.slot).toBe(0)
  })
  it('ID-2 a preferred slot is given when it is free and a slot there can be', async () => {
    const slots = new SocketSlots(await temporaryFolder())
    const claims = [await slots.claim(5), await slots.claim(5), await slots.claim(-1)]
    onTestFinished(() => claims.forEach(({ release }) => release()))
    expect(claims.map(({ slot }) => slot)).toEqual([5, 0, 1])
  })
  it('ID-2 the slot of a process that is killed is free again', async () => {
    const path = await temporaryFolder()
    const program = fileURLToPath(new URL('./testing/hold-slot.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', program, path])
    const said = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    )
    expect(said).toBe('0')
    const meanwhile = await new SocketSlots(path).claim()
    onTestFinished(() => meanwhile.release())
    expect(meanwhile.slot).toBe(1)
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    const after = await new SocketSlots(path).claim()
    onTestFinished(() => after.release())
    expect(after.slot).toBe(0)
  })
})
