import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { copyBytes, toBase64Url, type Bytes } from '../../core/base/bytes.ts'
import { systemRandom } from '../../core/base/clock.ts'
import { QuotaExceededError, TesseraError } from '../../core/base/errors.ts'
import { StorageError } from '../../core/storage/index.ts'

/** Leftovers of a process that died while writing are removed once they are this old, in ms. */
const leftoverAgeMs = 60 * 60 * 1000

/**
 * A data folder whose files appear whole or not at all: written beside, flushed, then renamed or linked into place, and the
 * folder flushed too. Several processes may use one folder. Only its owner may read it (modes 0700 and 0600).
 */
export class DurableFolder {
  readonly path: string
  readonly #temporary: string

  constructor(path: string) {
    this.path = resolve(path)
    this.#temporary = join(this.path, 'tmp')
  }

  /** Makes the folder and removes old leftovers. Throws `StorageError` when it is not writable. */
  async open(): Promise<void> {
    await guarded(async () => {
      await makeFolder(this.#temporary)
      for (const name of await readdir(this.#temporary)) {
        const path = join(this.#temporary, name)
        const age = Date.now() - ((await absentAs(undefined, stat(path)))?.mtimeMs ?? Date.now())
        if (age > leftoverAgeMs) await rm(path, { recursive: true, force: true })
      }
    })
  }

  /** Puts a whole file in place of what is there. */
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write(path, bytes, rename)
  }

  /** Puts a whole file where none is; false, and nothing changed, when there is one already. */
  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    return await this.#write(path, bytes, async (from, to) => {
      await link(from, to)
      await unlink(from)
    })
  }

  /** Removes a file or a folder with all in it, at one moment for everybody who looks. */
  async remove(path: string): Promise<void> {
    await guarded(async () => {
      const doomed = this.#temporaryPath()
      const moved = await absentAs(
        false,
        rename(path, doomed).then(() => true),
      )
      if (!moved) return
      await flushFolder(dirname(path))
      await rm(doomed, { recursive: true, force: true })
    })
  }

  async #write(
    path: string,
    bytes: Uint8Array,
    place: (from: string, to: string) => Promise<void>,
  ): Promise<boolean> {
    const from = this.#temporaryPath()
    return await guarded(async () => {
      try {
        await writeFlushed(from, bytes)
        await makeFolder(dirname(path))
        await place(from, path)
        await flushFolder(dirname(path))
        return true
      } catch (cause) {
        await rm(from, { force: true })
        if (codeOf(cause) === 'EEXIST') return false
        throw cause
      }
    }, bytes.byteLength)
  }

  #temporaryPath(): string {
    return join(this.#temporary, toBase64Url(systemRandom(12)))
  }
}

/** The bytes of a file, or undefined when there is none. */
export async function readWhole(path: string): Promise<Bytes | undefined> {
  return await guarded(async () => {
    const bytes = await absentAs(undefined, readFile(path))
    return bytes === undefined ? undefined : copyBytes(bytes)
  })
}

/** Names in a folder, sorted; none when there is no folder. */
export async function namesIn(path: string): Promise<readonly string[]> {
  return await guarded(async () => (await absentAs([], readdir(path))).sort())
}

/** Runs file work; its failure is `QuotaExceededError` or `StorageError`, a `TesseraError` passes through. */
export async function guarded<T>(work: () => Promise<T>, neededBytes?: number): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause
    const code = codeOf(cause)
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const needed = neededBytes === undefined ? {} : { neededBytes }
      throw new QuotaExceededError('the disk has no more space', { cause, ...needed })
    }
    throw new StorageError(`the data folder failed: ${code}`, { cause })
  }
}

/** What `work` gives, or `instead` when its file or folder does not exist. */
export async function absentAs<T, U>(instead: U, work: Promise<T>): Promise<T | U> {
  try {
    return await work
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return instead
    throw cause
  }
}

/** A part of a path made of an id. Throws `StorageError` for anything that is not one: ids of peers become file names. */
export function pathPart(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) throw new StorageError('expected an id of base64url characters')
  return `_${id}` // keeps clear of names that Windows reserves
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a folder and its parents durable: each new name is flushed in the folder it stands in. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await flushFolder(dirname(made))
}

async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return // a folder cannot be opened there; NTFS journals names itself
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown'
}
