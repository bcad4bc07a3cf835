import { copyBytes, type Bytes } from '../base/bytes.ts'
import { QuotaExceededError } from '../base/errors.ts'
import type { AccountId, EntryId, FileId, RoomId } from '../base/ids.ts'
import { HeadMovedError } from './errors.ts'
import { positionOf } from './piece-log.ts'
import { checkRun } from './run.ts'
import type {
  LogStore,
  PiecePosition,
  SettingsStore,
  ShardStore,
  StoredEntry,
  StoredFile,
  StoredPiece,
  Stores,
} from './index.ts'

/** What memory stores hold of files when nothing else is said: more than a tab is given. */
const defaultQuotaBytes = 2 ** 32

/**
 * Stores that live as long as the process: for tests, and for private windows that refuse a database.
 *
 * @param quotaBytes pieces beyond it are refused with `QuotaExceededError`
 */
export function createMemoryStorage(quotaBytes = defaultQuotaBytes): Stores {
  const shards = new MemoryShardStore(quotaBytes)
  return {
    settings: new MemorySettingsStore(),
    logs: new MemoryLogStore(),
    shards,
    close: () => undefined,
    estimate: async () => ({ usageBytes: (await shards.usage()).totalBytes, quotaBytes }),
    requestPersist: () => Promise.resolve(false),
  }
}

class MemorySettingsStore implements SettingsStore {
  readonly #values = new Map<string, unknown>()

  get(key: string): Promise<unknown> {
    return Promise.resolve(structuredClone(this.#values.get(key)))
  }
  set(key: string, value: unknown): Promise<void> {
    this.#values.set(key, structuredClone(value))
    return Promise.resolve()
  }
  delete(key: string): Promise<void> {
    this.#values.delete(key)
    return Promise.resolve()
  }
  keys(prefix: string): Promise<readonly string[]> {
    return Promise.resolve([...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort())
  }
}

class MemoryLogStore implements LogStore {
  readonly #logs = new Map<RoomId, Map<AccountId, StoredEntry[]>>()
  readonly #receipts = new Map<RoomId, Map<AccountId, Bytes>>()

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
    const logs = this.#logs.get(room) ?? new Map<AccountId, StoredEntry[]>()
    const log = logs.get(first.author) ?? []
    if (log.length !== first.seq || log.at(-1)?.id !== expectedHead) {
      throw new HeadMovedError(`expected the log to end before ${first.seq}, it has ${log.length}`)
    }
    log.push(...entries.map((entry) => ({ ...entry, bytes: copyBytes(entry.bytes) })))
    logs.set(first.author, log)
    this.#logs.set(room, logs)
  }

  heads(room: RoomId): Promise<ReadonlyMap<AccountId, { seq: number; id: EntryId }>> {
    const heads = new Map<AccountId, { seq: number; id: EntryId }>()
    for (const [author, log] of this.#logs.get(room) ?? []) {
      const last = log.at(-1)
      if (last !== undefined) heads.set(author, { seq: last.seq, id: last.id })
    }
    return Promise.resolve(heads)
  }

  range(room: RoomId, author: AccountId, from: number, to: number): Promise<readonly StoredEntry[]> {
    const log = this.#logs.get(room)?.get(author) ?? []
    const part = log.slice(Math.max(0, from), Math.max(0, to))
    return Promise.resolve(part.map((entry) => ({ ...entry, bytes: copyBytes(entry.bytes) })))
  }

  putReceipt(room: RoomId, reader: AccountId, bytes: Bytes): Promise<void> {
    const receipts = this.#receipts.get(room) ?? new Map<AccountId, Bytes>()
    receipts.set(reader, copyBytes(bytes))
    this.#receipts.set(room, receipts)
    return Promise.resolve()
  }

  receipts(room: RoomId): Promise<ReadonlyMap<AccountId, Bytes>> {
    const receipts = [...(this.#receipts.get(room) ?? [])]
    return Promise.resolve(new Map(receipts.map(([reader, bytes]) => [reader, copyBytes(bytes)])))
  }

  deleteRoom(room: RoomId): Promise<void> {
    this.#logs.delete(room)
    this.#receipts.delete(room)
    return Promise.resolve()
  }
}

class MemoryShardStore implements ShardStore {
  readonly #files = new Map<FileId, StoredFile>()
  readonly #pieces = new Map<FileId, Map<string, StoredPiece>>()
  readonly #quotaBytes: number

  constructor(quotaBytes: number) {
    this.#quotaBytes = quotaBytes
  }

  putFile(file: StoredFile): Promise<void> {
    this.#files.set(file.id, copyFile(file))
    return Promise.resolve()
  }
  file(id: FileId): Promise<StoredFile | undefined> {
    const file = this.#files.get(id)
    return Promise.resolve(file === undefined ? undefined : copyFile(file))
  }
  files(room: RoomId): Promise<readonly StoredFile[]> {
    return Promise.resolve([...this.#files.values()].filter((file) => file.room === room).map(copyFile))
  }

  async putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void> {
    if (pieces.length === 0) return
    const neededBytes = pieces.reduce((sum, { bytes, path }) => sum + bytes.byteLength + path.byteLength, 0)
    const freeBytes = this.#quotaBytes - (await this.usage()).totalBytes
    if (neededBytes > freeBytes) throw new QuotaExceededError('no more memory for files', { neededBytes })
    const held = this.#pieces.get(id) ?? new Map<string, StoredPiece>()
    for (const piece of pieces) held.set(positionOf(piece), copyPiece(piece))
    this.#pieces.set(id, held)
  }
  async putScratch(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]> {
    await this.putPieces(id, pieces)
    return pieces
  }
  piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    const piece = this.#pieces.get(id)?.get(positionOf({ segment, shard }))
    return Promise.resolve(piece === undefined ? undefined : copyPiece(piece))
  }
  async pieces(
    id: FileId,
    positions: readonly PiecePosition[],
  ): Promise<readonly (StoredPiece | undefined)[]> {
    return await Promise.all(positions.map(({ segment, shard }) => this.piece(id, segment, shard)))
  }
  held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    const held = new Map<number, number[]>()
    for (const { segment, shard } of this.#pieces.get(id)?.values() ?? []) {
      held.set(
        segment,
        [...(held.get(segment) ?? []), shard].sort((a, b) => a - b),
      )
    }
    return Promise.resolve(held)
  }

  deleteFile(id: FileId): Promise<void> {
    this.#files.delete(id)
    this.#pieces.delete(id)
    return Promise.resolve()
  }

  usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }> {
    const byFile = new Map<FileId, number>()
    let totalBytes = 0
    for (const [id, pieces] of this.#pieces) {
      let bytes = 0
      for (const piece of pieces.values()) bytes += piece.bytes.byteLength + piece.path.byteLength
      byFile.set(id, bytes)
      totalBytes += bytes
    }
    return Promise.resolve({ totalBytes, byFile })
  }
}

// Not `structuredClone`: of a view it copies the whole buffer behind it (SPEC ST-7).
function copyPiece({ segment, shard, bytes, path }: StoredPiece): StoredPiece {
  return { segment, shard, bytes: copyBytes(bytes), path: copyBytes(path) }
}

function copyFile(file: StoredFile): StoredFile {
  const key = file.key === undefined ? {} : { key: copyBytes(file.key) }
  return { ...file, manifest: copyBytes(file.manifest), ...key }
}
