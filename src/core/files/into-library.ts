import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { RoomId } from '../base/ids.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'
import type { Library } from './library.ts'
import { PieceWriter } from './piece-writer.ts'
import { keyless } from './unfinished-keeps.ts'

/** What keeping pieces on this device needs. */
export interface IntoLibraryComponents {
  readonly room: { readonly id: RoomId }
  readonly shards: ShardStore
  readonly clock: Clock
  readonly library: Library
}

/** What is brought to this device. */
export interface Arrival {
  readonly record: ManifestRecord
  /** The file's key: it marks what is unfinished until it is whole. */
  readonly key: Bytes
  /** Whether what came is of no use after this error; otherwise a later run goes on with it. */
  readonly isDiscarded: (error: unknown) => boolean
}

/**
 * Keeps verified pieces of one file on this device for good, beside those that are here. They count once `work` has ended well. When it fails
 * and is discarded, nothing of a file that was not here before is left; otherwise, as after a crash, the record says that it is unfinished.
 *
 * @param work is given `add`, which takes a verified piece whose buffer is given away, and waits when the disk is slow
 */
export async function intoLibrary(
  components: IntoLibraryComponents,
  { record, key, isDiscarded }: Arrival,
  work: (add: (piece: StoredPiece) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { room, shards, clock, library } = components
  const here = library.get(record.id) === undefined ? undefined : await shards.file(record.id)
  const file: StoredFile =
    here === undefined
      ? {
          ...{ id: record.id, room: room.id, manifest: record.bytes, key, addedAt: clock.now() },
          ...{ own: false, state: 'partial' },
        }
      : here.own
        ? here
        : { ...here, key, addedAt: clock.now() }
  library.writing.add(file.id)
  const writer = new PieceWriter(components, file)
  try {
    if (!file.own) await shards.putFile(file)
    await work((piece) => writer.add(piece))
    await writer.flush()
    if (!file.own) {
      const addedAt = here?.addedAt ?? clock.now()
      await shards.putFile(keyless({ ...file, state: 'complete', addedAt }))
    }
  } catch (error) {
    if (isDiscarded(error)) await undo(shards, writer, { file, here })
    else await writer.flush().catch(() => writer.abandon())
    throw error
  } finally {
    library.writing.delete(file.id)
    await library.refresh(file.id)
  }
}

async function undo(
  shards: ShardStore,
  writer: PieceWriter,
  { file, here }: { readonly file: StoredFile; readonly here: StoredFile | undefined },
): Promise<void> {
  await writer.abandon()
  if (here !== undefined) {
    await shards.putFile(here.own ? here : keyless(here))
    return
  }
  // An offer may have been taken in meanwhile: what is complete stays.
  if ((await shards.file(file.id))?.state !== 'complete') await shards.deleteFile(file.id)
}
