import { errorName } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { decodeManifest, manifestId } from '../ces/index.ts'
import type { StoredFile } from '../storage/index.ts'
import { keptForMs } from './constants.ts'
import { plainBytes, type Interrupted, type KeepsComponents } from './keeps.ts'

/**
 * Files that a person was bringing to this device when the page went away (FI-46). Their records have the file's key and its own id, though
 * they are not our own: `partial` when nothing was here before, else `complete`. The key goes when the file is whole.
 */
export class UnfinishedKeeps {
  readonly #components: Pick<KeepsComponents, 'shards' | 'room' | 'clock' | 'logger'>

  constructor(components: Pick<KeepsComponents, 'shards' | 'room' | 'clock' | 'logger'>) {
    this.#components = components
  }

  /** What earlier runs left; what is too old is given up. */
  async load(): Promise<readonly Interrupted[]> {
    const { shards, room, clock } = this.#components
    const found: Interrupted[] = []
    for (const record of await shards.files(room.id)) {
      if (!isUnfinishedKeep(record)) continue
      const isOld = clock.now() - record.addedAt >= keptForMs
      const interrupted = isOld ? undefined : await this.#read(record)
      if (interrupted === undefined) await this.#giveUp(record)
      else found.push(interrupted)
    }
    return found
  }

  /** When its record was last refreshed, ms since the epoch; undefined when it is not unfinished any more. */
  async refreshedAt(file: FileId): Promise<number | undefined> {
    const record = await this.#components.shards.file(file)
    return record !== undefined && isUnfinishedKeep(record) ? record.addedAt : undefined
  }

  /** Forgets what was brought here, and leaves what was here before. */
  async discard(file: FileId): Promise<void> {
    const record = await this.#components.shards.file(file)
    if (record !== undefined && isUnfinishedKeep(record)) await this.#giveUp(record)
  }

  async #giveUp(record: StoredFile): Promise<void> {
    const { shards } = this.#components
    if (record.state === 'partial') await shards.deleteFile(record.id)
    else await shards.putFile(keyless(record))
  }

  async #read(record: StoredFile): Promise<Interrupted | undefined> {
    try {
      const { manifest } = decodeManifest(record.manifest)
      const keptBytes = plainBytes(manifest, await this.#components.shards.held(record.id))
      return { file: record.id, sizeBytes: manifest.sizeBytes, keptBytes }
    } catch (error) {
      this.#components.logger('warn', 'an unfinished file is unreadable', { error: errorName(error) })
      return undefined
    }
  }
}

/** Whether a record is of a file that was being brought here; kept fetches have an id of their own instead. */
function isUnfinishedKeep({ id, own, key, manifest, state }: StoredFile): boolean {
  return !own && key !== undefined && (state === 'complete' || manifestId(manifest) === id)
}

/** The record of a holder that only keeps pieces. */
export function keyless({ id, room, manifest, addedAt, own, state }: StoredFile): StoredFile {
  return { id, room, manifest, addedAt, own, state }
}
