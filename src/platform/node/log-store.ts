import { join } from 'node:path'
import * as v from 'valibot'
import type { Bytes } from '../../core/base/bytes.ts'
import type { AccountId, EntryId, RoomId } from '../../core/base/ids.ts'
import { byteString, fromCbor, text, toCbor } from '../../core/base/wire/cbor.ts'
import {
  checkRun,
  HeadMovedError,
  StorageError,
  type LogStore,
  type StoredEntry,
} from '../../core/storage/index.ts'
import { namesIn, pathPart, readWhole, type DurableFolder } from './durable-folder.ts'

/** A call appends up to 4 MiB; four times that is a damaged file. */
const maxLogFileBytes = 16 * 1024 * 1024

/** Entries in one file; a run of more is kept in several calls. */
const maxRunEntries = 65_536

const entrySchema = v.strictObject({ id: text(128, 1), bytes: byteString(0, maxLogFileBytes) })
const schema = v.union([
  entrySchema,
  v.strictObject({ run: v.pipe(v.array(entrySchema), v.minLength(1), v.maxLength(maxRunEntries)) }),
])

/**
 * One file for each call, `logs/<room>/<author>/<position of its first entry>`, with one entry or a run of them. A log's next
 * file has one possible name, which can be taken once only, by a link: that makes compare-and-append safe between processes.
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

  append(room: RoomId, entry: StoredEntry, expectedHead: EntryId | undefined): Promise<void> {
    return this.appendAll(room, [entry], expectedHead)
  }

  async appendAll(
    room: RoomId,
    entries: readonly StoredEntry[],
    expectedHead: EntryId | undefined,
  ): Promise<void> {
    const [first] = entries
    if (first === undefined) return
    checkRun(entries)
    const { author, seq } = first
    const before = seq === 0 ? undefined : await this.#lastBefore(room, author, seq)
    if (before?.id !== expectedHead || (seq > 0 && before === undefined)) {
      throw new HeadMovedError(`expected the log to end before ${String(seq)} with the head given`)
    }
    const created = await this.#folder.create(this.#path(room, author, seq), encode(entries))
    if (!created) throw new HeadMovedError(`expected the log to end before ${String(seq)}, it has grown`)
  }

  async heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>> {
    const heads = new Map<AccountId, { seq: number; id: EntryId }>()
    const authors = await namesIn(join(this.#logs, pathPart(room)))
    for (const part of authors) {
      const author = part.slice(1) as AccountId // the folder is named by one
      const from = (await this.#starts(room, author)).at(-1)
      const last = from === undefined ? undefined : (await this.#file(room, author, from))?.at(-1)
      if (last !== undefined) heads.set(author, { seq: last.seq, id: last.id })
    }
    return heads
  }

  async range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]> {
    const first = Math.max(0, from)
    if (to <= first) return []
    const starts = await this.#starts(room, author)
    const at = Math.max(
      0,
      starts.findLastIndex((start) => start <= first),
    )
    const entries: StoredEntry[] = []
    for (const start of starts.slice(at)) {
      if (start >= to) break
      const file = await this.#file(room, author, start)
      if (file === undefined) break // the room was removed meanwhile
      entries.push(...file.filter(({ seq }) => seq >= first && seq < to))
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

  /** Positions at which files of a log begin, in order. */
  async #starts(room: RoomId, author: AccountId): Promise<readonly number[]> {
    return (await namesIn(join(this.#logs, pathPart(room), pathPart(author)))).map(Number)
  }

  /** The entry before position `seq` when no file begins with it, or undefined when the log does not end there. */
  async #lastBefore(room: RoomId, author: AccountId, seq: number): Promise<StoredEntry | undefined> {
    // Spares reading the folder in the common case, an entry after an entry.
    const single = await this.#file(room, author, seq - 1)
    if (single !== undefined) return single.length === 1 ? single[0] : undefined
    const from = (await this.#starts(room, author)).findLast((start) => start < seq)
    const last = from === undefined ? undefined : (await this.#file(room, author, from))?.at(-1)
    return last?.seq === seq - 1 ? last : undefined
  }

  /** The entries of the file that begins with position `from`. */
  async #file(room: RoomId, author: AccountId, from: number): Promise<readonly StoredEntry[] | undefined> {
    const file = await readWhole(this.#path(room, author, from))
    if (file === undefined) return undefined
    try {
      const value = fromCbor(file, schema, maxLogFileBytes)
      const rows = 'run' in value ? value.run : [value]
      // The ids were ones when they were stored.
      return rows.map(({ id, bytes }, i) => ({ author, seq: from + i, id: id as EntryId, bytes }))
    } catch (cause) {
      throw new StorageError('a log entry on disk is damaged', { cause })
    }
  }
}

/** Throws `StorageError` for more than one file takes: it could not be read again. */
function encode(entries: readonly StoredEntry[]): Bytes {
  const rows = entries.map(({ id, bytes }) => ({ id, bytes }))
  const file = toCbor(rows.length === 1 ? rows[0] : { run: rows })
  if (rows.length > maxRunEntries || file.byteLength > maxLogFileBytes) {
    throw new StorageError(`expected at most ${String(maxLogFileBytes)} bytes in one call`)
  }
  return file
}

/** Digits of one length, so that names sort as numbers do. */
function nameOf(seq: number): string {
  return String(seq).padStart(16, '0')
}
