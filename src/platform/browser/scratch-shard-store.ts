import type { FileId, RoomId } from '../../core/base/ids.ts'
import {
  type PiecePosition,
  type ShardStore,
  type StoredFile,
  type StoredPiece,
} from '../../core/storage/index.ts'
import type { PieceLogs } from './piece-logs.ts'

/** As many verbs of {@link PieceLogs} as are asked here. */
export type Logs = Pick<
  PieceLogs,
  'prepare' | 'put' | 'get' | 'held' | 'sizeBytes' | 'remove' | 'ids' | 'stop'
>

/**
 * A shard store whose scratch pieces are kept in logs (SPEC ST-10), and in the store itself where there can be none. Logs are asked
 * about files only that were seen to be `partial`, or were written here: whole files never are.
 */
export class ScratchShardStore implements ShardStore {
  readonly #store: ShardStore
  readonly #load: () => Promise<Logs>
  readonly #partial = new Set<FileId>()
  /** Files whose logs are ready to be written. */
  readonly #ready = new Map<FileId, Promise<boolean>>()
  #logs: Promise<Logs> | undefined

  /** @param load asked once, with the first need */
  constructor(store: ShardStore, load: () => Promise<Logs>) {
    this.#store = store
    this.#load = load
  }

  putFile(file: StoredFile): Promise<void> {
    this.#see(file)
    return this.#store.putFile(file)
  }

  async file(id: FileId): Promise<StoredFile | undefined> {
    const file = await this.#store.file(id)
    this.#see(file)
    return file
  }

  async files(room: RoomId): Promise<readonly StoredFile[]> {
    const files = await this.#store.files(room)
    files.forEach((file) => this.#see(file))
    return files
  }

  putPieces(id: FileId, pieces: readonly StoredPiece[]): Promise<void> {
    return this.#store.putPieces(id, pieces)
  }

  async putScratch(id: FileId, pieces: readonly StoredPiece[]): Promise<readonly StoredPiece[]> {
    const logs = await this.#open()
    this.#partial.add(id)
    const ready = this.#ready.get(id) ?? logs.prepare(id)
    this.#ready.set(id, ready)
    return (await ready) ? await logs.put(id, pieces) : await this.#store.putScratch(id, pieces)
  }

  async piece(id: FileId, segment: number, shard: number): Promise<StoredPiece | undefined> {
    const [piece] = await this.pieces(id, [{ segment, shard }])
    return piece
  }

  async pieces(
    id: FileId,
    positions: readonly PiecePosition[],
  ): Promise<readonly (StoredPiece | undefined)[]> {
    const logged = await this.#asked(id, (logs) => logs.get(id, positions), [])
    const missing = positions.filter((_, i) => logged[i] === undefined)
    const stored = missing.length === 0 ? [] : await this.#store.pieces(id, missing)
    const rest = stored.values()
    return positions.map((_, i) => logged[i] ?? rest.next().value)
  }

  async held(id: FileId): Promise<ReadonlyMap<number, readonly number[]>> {
    const stored = await this.#store.held(id)
    const logged = await this.#asked(id, (logs) => logs.held(id), [])
    if (logged.length === 0) return stored
    const held = new Map([...stored].map(([segment, shards]) => [segment, new Set(shards)]))
    for (const { segment, shard } of logged) {
      held.set(segment, (held.get(segment) ?? new Set<number>()).add(shard))
    }
    return new Map([...held].map(([segment, shards]) => [segment, [...shards].sort((a, b) => a - b)]))
  }

  async deleteFile(id: FileId): Promise<void> {
    await this.#asked(id, (logs) => logs.remove(id), undefined)
    this.#partial.delete(id)
    this.#ready.delete(id)
    await this.#store.deleteFile(id)
  }

  async usage(): Promise<{ totalBytes: number; byFile: ReadonlyMap<FileId, number> }> {
    const { totalBytes, byFile } = await this.#store.usage()
    const all = new Map(byFile)
    let sum = totalBytes
    for (const id of this.#partial) {
      const logged = await this.#asked(id, (logs) => logs.sizeBytes(id), 0)
      if (logged === 0) continue
      all.set(id, (all.get(id) ?? 0) + logged)
      sum += logged
    }
    return { totalBytes: sum, byFile: all }
  }

  close(): void {
    this.#logs?.then(
      (logs) => logs.stop(),
      () => undefined,
    )
  }

  #see(file: StoredFile | undefined): void {
    if (file === undefined) return
    // Own files are no scratch, and once one is whole every read goes straight to the store.
    if (file.state === 'partial' && !file.own) this.#partial.add(file.id)
    else this.#partial.delete(file.id)
  }

  /** What the logs say of a file; `otherwise` when it has none. What cannot be read there is fetched again: that is no failure. */
  async #asked<T>(id: FileId, ask: (logs: Logs) => Promise<T>, otherwise: T): Promise<T> {
    if (!this.#partial.has(id)) return otherwise
    try {
      return await ask(await this.#open())
    } catch {
      return otherwise
    }
  }

  #open(): Promise<Logs> {
    this.#logs ??= this.#load().then((logs) => {
      void this.#sweep(logs)
      return logs
    })
    return this.#logs
  }

  /** Removes logs whose record is gone: a page may have died between the two. */
  async #sweep(logs: Logs): Promise<void> {
    const ids = await logs.ids().catch(() => [])
    for (const id of ids) {
      if (this.#partial.has(id) || (await this.#store.file(id)) !== undefined) continue
      await logs.remove(id).catch(() => undefined) // in use elsewhere: at the next opening
    }
  }
}
