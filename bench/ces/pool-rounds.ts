import type { Bytes } from '../../src/core/base/bytes.ts'
import { systemClock } from '../../src/core/base/clock.ts'
import type { FileId, RoomId } from '../../src/core/base/ids.ts'
import type { CesEngine } from '../../src/core/ces/index.ts'
import { PieceWriter } from '../../src/core/files/piece-writer.ts'
import type { StoredFile, StoredPiece } from '../../src/core/storage/index.ts'
import { createCesPool } from '../../src/platform/browser/ces-pool.ts'
import { openBrowserStorage } from '../../src/platform/browser/storage.ts'
import { interleave, type Contender, type Rounds } from './rounds.ts'
import { inLanes, newContext, plainBytes, randomBytes } from './sample.ts'

/** Segments of one round: 31 MB of plaintext, 44 MB of pieces. */
const segments = 12

/** More of them where what is before the first write and after the last segment would else count: 168 MB of plaintext, 235 MB of pieces. */
export const storedSegments = 64

/** Path of a piece in a file of 2 GB. */
const pathBytes = 448

const plaintext = randomBytes(plainBytes)
const context = newContext(segments)
const storedContext = newContext(storedSegments)

/** The plaintext so many times, each in a buffer of its own, for sealing takes it. */
function copies(count: number): Bytes[] {
  return Array.from({ length: count }, () => plaintext.slice())
}

/** What {@link copies} made and nobody has taken yet. */
function taken(plaintexts: Bytes[]): Bytes {
  const bytes = plaintexts.pop()
  if (bytes === undefined) throw new Error('every plaintext was taken')
  return bytes
}

/** The same segments by a pool of one worker and by one of two. */
export async function compareWorkers(rounds: number): Promise<Rounds> {
  const pools = { one: createCesPool({ workers: 1 }), two: createCesPool({ workers: 2 }) }
  const times = await interleave(rounds, { one: sealingBy(pools.one), two: sealingBy(pools.two) })
  for (const pool of Object.values(pools)) pool.stop()
  return times
}

function sealingBy(pool: CesEngine): Contender {
  let plaintexts: Bytes[] = []
  return {
    before: () => (plaintexts = copies(segments)),
    run: () =>
      inLanes(pool.concurrency, segments, async (i) => {
        const { pieces } = await pool.seal(context, i, i === segments - 1, taken(plaintexts))
        pool.recycle(pieces)
      }),
  }
}

/**
 * Sealing into the store of the product, beside writing the same pieces, sealed before, through the same writer in the same
 * batches. Neither makes its input while it is timed.
 */
export async function compareStorage(rounds: number): Promise<Rounds> {
  const name = `bench-${crypto.randomUUID()}`
  const stores = await openBrowserStorage({ name })
  const pool = createCesPool()
  const file = recordOf('bench')
  const seal = async (segment: number, bytes: Bytes): Promise<readonly Bytes[]> =>
    (await pool.seal(storedContext, segment, segment === storedSegments - 1, bytes)).pieces
  const ready: (readonly Bytes[])[] = []
  for (const [i, bytes] of copies(storedSegments).entries()) ready.push(await seal(i, bytes))

  const writing = async (
    write: (writer: PieceWriter) => Promise<void>,
    onStored: (pieces: readonly StoredPiece[]) => void,
  ): Promise<void> => {
    const writer = new PieceWriter({ shards: stores.shards, clock: systemClock }, file, { onStored })
    await write(writer)
    await writer.flush()
  }
  const raw = async (writer: PieceWriter): Promise<void> => {
    for (const [i, pieces] of ready.entries()) await addAll(writer, i, pieces)
  }
  let plaintexts: Bytes[] = []
  const sealed = (writer: PieceWriter): Promise<void> =>
    inLanes(pool.concurrency, storedSegments, async (i) => {
      await addAll(writer, i, await seal(i, taken(plaintexts)))
    })
  const recycle = (pieces: readonly StoredPiece[]): void => pool.recycle(pieces.map(({ bytes }) => bytes))
  const after = (): Promise<void> => stores.shards.deleteFile(file.id)
  const times = await interleave(rounds, {
    raw: { run: () => writing(raw, () => undefined), after },
    seal: { before: () => (plaintexts = copies(storedSegments)), run: () => writing(sealed, recycle), after },
  })
  pool.stop()
  stores.close()
  indexedDB.deleteDatabase(name)
  return times
}

async function addAll(writer: PieceWriter, segment: number, pieces: readonly Bytes[]): Promise<void> {
  for (const [shard, bytes] of pieces.entries()) {
    await writer.add({ segment, shard, bytes, path: new Uint8Array(pathBytes) })
  }
}

function recordOf(id: string): StoredFile {
  return {
    ...{ id: id as FileId, room: 'bench' as RoomId, manifest: new Uint8Array(1) },
    ...{ addedAt: 0, own: true, state: 'complete' },
  } // ids as the stores take them: any text
}
