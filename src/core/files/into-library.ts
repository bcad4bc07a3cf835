import type { Clock } from '../base/clock.ts'
import type { RoomId } from '../base/ids.ts'
import type { ManifestRecord } from '../ces/index.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../storage/index.ts'
import type { Library } from './library.ts'
import { PieceWriter } from './piece-writer.ts'

/** What keeping pieces on this device needs. */
export interface IntoLibraryComponents {
  readonly room: { readonly id: RoomId }
  readonly shards: ShardStore
  readonly clock: Clock
  readonly library: Library
}

/**
 * Keeps verified pieces of one file on this device for good, beside those that are here. They count once `work` has ended well; when it
 * fails nothing of a file that was not here before is left.
 *
 * @param work is given `add`, which takes a verified piece whose buffer is given away, and waits when the disk is slow
 */
export async function intoLibrary(
  components: IntoLibraryComponents,
  record: ManifestRecord,
  work: (add: (piece: StoredPiece) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { room, shards, clock, library } = components
  const wasHere = library.get(record.id) !== undefined
  const file: StoredFile = {
    ...{ id: record.id, room: room.id, manifest: record.bytes, addedAt: clock.now(), own: false },
    state: wasHere ? 'complete' : 'partial',
  }
  library.writing.add(file.id)
  const writer = new PieceWriter(components, file)
  try {
    if (!wasHere) await shards.putFile(file)
    await work((piece) => writer.add(piece))
    await writer.flush()
    if (!wasHere) await shards.putFile({ ...file, state: 'complete', addedAt: clock.now() })
  } catch (error) {
    await writer.abandon()
    // An offer may have been taken in meanwhile: what is complete stays.
    const now = await shards.file(file.id)
    if (!wasHere && now?.state !== 'complete') await shards.deleteFile(file.id)
    throw error
  } finally {
    library.writing.delete(file.id)
    await library.refresh(file.id)
  }
}
