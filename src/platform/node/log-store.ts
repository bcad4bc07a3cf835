import { join } from 'node:path'
import * as v from 'valibot'
import type { Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, RoomId } from '../../core/base/ids.ts'
import { byteString, fromCbor, text, toCbor } from '../../core/base/wire/cbor.ts'
import { HeadMovedError, StorageError, type LogStore, type StoredEntry } from '../../core/storage/index.ts'
import { namesIn, pathPart, readWhole, type DurableFolder } from './durable-folder.ts'

/** An entry is at most the 64 KiB of a message and its envelope; ten times that is a damaged file. */
const maxEntryFileBytes = 1024 * 1024

const schema = v.strictObject({ id: text(128, 1), bytes: byteString(0, maxEntryFileBytes) })

/**
 * One file for each entry, `logs/<room>/<author>/<seq>`. Its name can be taken once only, by a link, which is what makes
 * compare-and-append safe between processes.
 */
export class FileLogStore implements LogStore {
  readonly #folder: DurableFolder
  readonly #logs: string
  readonly #receipts: string

  constructor(folder: DurableFolder) {
    this.#folder = folder
    this.#logs = join(folder.path, 'logs')
    this.#receipts = join(folder.path, 'receipts')
  }

  async append(room: RoomId, entry: StoredEntry, expectedHead: EntryId | undefined): Promise<void> {
    const { author, seq, id, bytes } = entry
    const before = seq === 0 ? undefined : await this.#entry(room, author, seq - 1)
    if (before?.id !== expectedHead || (seq > 0 && before === undefined)) {
      throw new HeadMovedError(`expected the log to end before ${String(seq)} with the head given`)
    }
    const created = await this.#folder.create(this.#path(room, author, seq), toCbor({ id, bytes }))
    if (!created) throw new HeadMovedError(`expected the log to end before ${String(seq)}, it has grown`)
  }

  async heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>> {
    const heads = new Map<AccountId, { seq: number; id: EntryId }>()
    const authors = await namesIn(join(this.#logs, pathPart(room)))
    for (const part of authors) {
      const author = part.slice(1) as AccountId // the folder is named by one
      const seq = (await this.#length(room, author)) - 1
      const entry = seq < 0 ? undefined : await this.#entry(room, author, seq)
      if (entry !== undefined) heads.set(author, { seq, id: entry.id })
    }
    return heads
  }

  async range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]> {
    const first = Math.max(0, from)
    const end = to > first ? Math.min(to, await this.#length(room, author)) : first
    const entries: StoredEntry[] = []
    for (let seq = first; seq < end; seq++) {
      const entry = await this.#entry(room, author, seq)
      if (entry === undefined) break // the room was removed meanwhile
      entries.push(entry)
    }
    return entries
  }

  async putReceipt(room: RoomId, reader: AccountId, bytes: Bytes): Promise<void> {
    await this.#folder.replace(join(this.#receipts, pathPart(room), pathPart(reader)), bytes)
  }

  async receipts(room: RoomId): Promise<ReadonlyMap<AccountId, Bytes>> {
    const folder = join(this.#receipts, pathPart(room))
    const receipts = new Map<AccountId, Bytes>()
    for (const part of await namesIn(folder)) {
      const bytes = await readWhole(join(folder, part))
      if (bytes !== undefined) receipts.set(part.slice(1) as AccountId, bytes) // the file is named by one
    }
    return receipts
  }

  async deleteRoom(room: RoomId): Promise<void> {
    await this.#folder.remove(join(this.#logs, pathPart(room)))
    await this.#folder.remove(join(this.#receipts, pathPart(room)))
  }

  #path(room: RoomId, author: AccountId, seq: number): string {
    return join(this.#logs, pathPart(room), pathPart(author), nameOf(seq))
  }

  async #length(room: RoomId, author: AccountId): Promise<number> {
    const last = (await namesIn(join(this.#logs, pathPart(room), pathPart(author)))).at(-1)
    return last === undefined ? 0 : Number(last) + 1
  }

  async #entry(room: RoomId, author: AccountId, seq: number): Promise<StoredEntry | undefined> {
    const file = await readWhole(this.#path(room, author, seq))
    if (file === undefined) return undefined
    try {
      const { id, bytes } = fromCbor(file, schema, maxEntryFileBytes)
      return { author, seq, id: id as EntryId, bytes } // was one when it was stored
    } catch (cause) {
      throw new StorageError('a log entry on disk is damaged', { cause })
    }
  }
}

/** Digits of one length, so that names sort as numbers do. */
function nameOf(seq: number): string {
  return String(seq).padStart(16, '0')
}
