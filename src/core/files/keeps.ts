import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromBase64Url, toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { FileId, RoomId } from '../base/ids.ts'
import { decodeManifest, manifestId, pieceBytes, type Manifest, type ManifestRecord } from '../ces/index.ts'
import type { StoredFile } from '../storage/index.ts'
import type { SpaceEstimate } from './budget.ts'
import { keptForMs, keptSpaceShare, minKeptFileBytes } from './constants.ts'
import type { Shelf } from './local-pieces.ts'
import { KeptPieces, type KeptPiecesComponents } from './kept-pieces.ts'

/** A fetch that ended before it was whole, with what is kept of it. */
export interface Interrupted {
  readonly file: FileId
  readonly sizeBytes: number
  /** Of those, how many need not be fetched again. */
  readonly keptBytes: number
}

export interface KeepsComponents extends KeptPiecesComponents {
  readonly room: { readonly id: RoomId }
  readonly space?: SpaceEstimate | undefined
}

const tag = utf8('tessera/kept-fetch/1')

/**
 * The pieces of unfinished fetches of one room (FI-33). They are `partial` records of an id of their own, so that they never mix with
 * what this device holds for others and signs for.
 */
export class Keeps {
  readonly #components: KeepsComponents
  /** Running fetches of each file that keep: the last one to end removes. */
  readonly #running = new Map<FileId, number>()
  #reservedBytes = 0

  constructor(components: KeepsComponents) {
    this.#components = components
  }

  /** What earlier runs left behind; what is too old is removed. */
  async load(): Promise<readonly Interrupted[]> {
    const { shards, room, clock } = this.#components
    const found: Interrupted[] = []
    for (const record of await shards.files(room.id)) {
      // Of its own id it is a file that was being brought here, see `UnfinishedKeeps`.
      if (!isKeptFetch(record) || manifestId(record.manifest) === record.id) continue
      const interrupted = await this.#read(record)
      const isOld = clock.now() - record.addedAt >= keptForMs
      if (interrupted === undefined || isOld) await shards.deleteFile(record.id)
      else found.push(interrupted)
    }
    return found
  }

  /** The manifest kept with an unfinished fetch. */
  async manifest(file: FileId): Promise<Bytes | undefined> {
    return (await this.#components.shards.file(this.#idOf(file)))?.manifest
  }

  /** What fetches of a file leave here, for one that only reads. */
  shelf(file: FileId): Shelf {
    const id = this.#idOf(file)
    return { read: (positions) => this.#components.shards.pieces(id, positions) }
  }

  /** When the record of an unfinished fetch was last refreshed, ms since the epoch: a running one does so all the time. */
  async refreshedAt(file: FileId): Promise<number | undefined> {
    return (await this.#components.shards.file(this.#idOf(file)))?.addedAt
  }

  /**
   * Runs a fetch that keeps its pieces, or gives `work` undefined when there is no record to keep, the file is too small to matter or
   * space is short. They are removed when it succeeds or `isDiscarded` says so, and stay otherwise.
   */
  async during<T>(
    record: ManifestRecord | undefined,
    key: Bytes,
    isDiscarded: (error: unknown) => boolean,
    work: (kept: KeptPieces | undefined) => Promise<T>,
  ): Promise<T> {
    if (record === undefined || record.manifest.sizeBytes < minKeptFileBytes) return await work(undefined)
    const neededBytes = sealedBytes(record.manifest)
    this.#reservedBytes += neededBytes
    try {
      const kept = await this.#begin(record, key, neededBytes)
      return kept === undefined
        ? await work(undefined)
        : await this.#during(record.id, kept, isDiscarded, work)
    } finally {
      this.#reservedBytes -= neededBytes
    }
  }

  async #during<T>(
    file: FileId,
    kept: KeptPieces,
    isDiscarded: (error: unknown) => boolean,
    work: (kept: KeptPieces) => Promise<T>,
  ): Promise<T> {
    this.#running.set(file, (this.#running.get(file) ?? 0) + 1)
    let how: 'store' | 'drop' = 'drop'
    try {
      return await work(kept)
    } catch (error) {
      if (!isDiscarded(error)) how = 'store'
      throw error
    } finally {
      await kept.end(how)
      const others = (this.#running.get(file) ?? 1) - 1
      if (others > 0) this.#running.set(file, others)
      else this.#running.delete(file)
      if (how === 'drop' && others === 0) await this.#tryRemove(file)
    }
  }

  /** Forgets what is kept of a fetch that does not run. */
  async discard(file: FileId): Promise<void> {
    if (!this.#running.has(file)) await this.#components.shards.deleteFile(this.#idOf(file))
  }

  async #begin(
    { id: file, bytes: manifest }: ManifestRecord,
    key: Bytes,
    neededBytes: number,
  ): Promise<KeptPieces | undefined> {
    const { room, shards, clock, logger } = this.#components
    const record: StoredFile = {
      ...{ id: this.#idOf(file), room: room.id, manifest, key, addedAt: clock.now() },
      ...{ own: false, state: 'partial' },
    }
    try {
      if (!(await this.#hasSpace(record.id, neededBytes))) return undefined
      await shards.putFile(record)
      return new KeptPieces(this.#components, record)
    } catch (error) {
      logger('warn', 'a fetch keeps no pieces', { error: errorName(error) })
      return undefined
    }
  }

  /** At most a share of the free space is used, counting what running fetches may still take and what is kept already. */
  async #hasSpace(id: FileId, neededBytes: number): Promise<boolean> {
    const { space, shards } = this.#components
    if (space === undefined) return true
    const { usageBytes, quotaBytes } = await space()
    const keptBytes = (await shards.usage()).byFile.get(id) ?? 0
    const freeBytes = quotaBytes - usageBytes + keptBytes
    return Math.max(neededBytes, this.#reservedBytes) <= freeBytes * keptSpaceShare
  }

  async #read(record: StoredFile): Promise<Interrupted | undefined> {
    try {
      const file = manifestId(record.manifest)
      if (this.#idOf(file) !== record.id) return undefined
      const { manifest } = decodeManifest(record.manifest)
      const held = await this.#components.shards.held(record.id)
      const keptBytes = plainBytes(manifest, held)
      return keptBytes === 0 ? undefined : { file, sizeBytes: manifest.sizeBytes, keptBytes }
    } catch (error) {
      this.#components.logger('warn', 'kept pieces are unreadable', { error: errorName(error) })
      return undefined
    }
  }

  async #tryRemove(file: FileId): Promise<void> {
    try {
      await this.#components.shards.deleteFile(this.#idOf(file))
    } catch (error) {
      this.#components.logger('warn', 'kept pieces could not be removed', { error: errorName(error) })
    }
  }

  #idOf(file: FileId): FileId {
    const input = concat(tag, fromBase64Url(this.#components.room.id), fromBase64Url(file))
    return toBase64Url(new Uint8Array(sha256(input))) as FileId // 32 bytes, as every file id
  }
}

/** Whether a record is an unfinished fetch or keep, not a share or pull in progress: those have no key of others' files. */
export function isKeptFetch({ state, own, key }: StoredFile): boolean {
  return state === 'partial' && !own && key !== undefined
}

/** Bytes of the pieces that opening takes. */
function sealedBytes({ segments, code }: Manifest): number {
  return segments.reduce((sum, segment) => sum + pieceBytes(segment.sealedBytes, code.k) * code.k, 0)
}

/** Plaintext bytes that the pieces held are good for, in proportion. */
export function plainBytes(manifest: Manifest, held: ReadonlyMap<number, readonly number[]>): number {
  const { k } = manifest.code
  let pieces = 0
  for (const shards of held.values()) pieces += Math.min(k, shards.length)
  return Math.round((manifest.sizeBytes * pieces) / (manifest.segments.length * k))
}
