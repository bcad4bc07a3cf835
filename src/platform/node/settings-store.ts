import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { StorageError, type SettingsStore } from '../../core/storage/index.ts'
import { namesIn, readWhole, type DurableFolder } from './durable-folder.ts'

/** One file for each key, named by the key's SHA-256 (keys may be long and hold any character), holding key and value. */
export class FileSettingsStore implements SettingsStore {
  readonly #folder: DurableFolder
  readonly #path: string

  constructor(folder: DurableFolder) {
    this.#folder = folder
    this.#path = join(folder.path, 'settings')
  }

  async get(key: string): Promise<unknown> {
    return (await this.#read(nameOf(key)))?.value
  }
  async set(key: string, value: unknown): Promise<void> {
    await this.#folder.replace(join(this.#path, nameOf(key)), encode(key, value))
  }
  async delete(key: string): Promise<void> {
    await this.#folder.remove(join(this.#path, nameOf(key)))
  }
  async keys(prefix: string): Promise<readonly string[]> {
    const names = await namesIn(this.#path)
    const records = await Promise.all(names.map((name) => this.#read(name)))
    return records.flatMap((record) => (record?.key.startsWith(prefix) ? [record.key] : [])).sort()
  }

  async #read(name: string): Promise<{ key: string; value: unknown } | undefined> {
    const bytes = await readWhole(join(this.#path, name))
    return bytes === undefined ? undefined : decode(bytes)
  }
}

function nameOf(key: string): string {
  return createHash('sha256').update(key, 'utf16le').digest('hex')
}

/** The structured clone format of V8, which later versions of Node read. */
function encode(key: string, value: unknown): Uint8Array {
  try {
    // A copy first: V8 writes a view's bytes, but refuses fewer things than a structured clone does.
    return serialize([key, structuredClone(value)])
  } catch (cause) {
    throw new StorageError('expected a value that can be cloned', { cause })
  }
}

function decode(bytes: Uint8Array): { key: string; value: unknown } {
  try {
    const record: unknown = deserialize(bytes)
    if (!Array.isArray(record) || typeof record[0] !== 'string') throw new Error('not a key and a value')
    return { key: record[0], value: structuredClone(record[1]) }
  } catch (cause) {
    throw new StorageError('a settings file is damaged', { cause })
  }
}
