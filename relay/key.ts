import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { StartError } from './errors.ts'

/**
 * The relay's key from the data folder, made at the first start: with another key, every address that people kept would
 * be of no use. Throws `StartError` when the folder cannot be used or the key is not one.
 */
export async function loadKey(folder: string): Promise<PrivateKey> {
  const path = join(folder, 'key')
  const bytes = await inFolder(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return readIfThere(path)
  })
  if (bytes === undefined) return makeKey(folder, path)
  try {
    return privateKeyFromProtobuf(bytes)
  } catch (cause) {
    throw new StartError(`${path} is not a key: put its backup there, or delete it to get a new one`, {
      cause,
    })
  }
}

async function makeKey(folder: string, path: string): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  await inFolder(folder, async () => {
    // A crash leaves the whole key or none.
    const draft = `${path}.${randomUUID()}`
    await writeFile(draft, privateKeyToProtobuf(key), { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  })
  return key
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function inFolder<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new StartError(
      `cannot use the data folder ${folder} (${code}): make it readable and writable, or name another with --data`,
      {
        cause,
      },
    )
  }
}
