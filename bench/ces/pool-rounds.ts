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

/** More of them where the first and last write would else count: 84 MB of plaintext, 117 MB of pieces. */
export const storedSegments = 32

/** Path of a piece in a file of 2 GB. */
const pathBytes = 448

const plaintext = randomBytes(plainBytes)
const context = newContext(segments)
const storedContext = newContext(storedSegments)

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
    before: () => (plaintexts = Array.from({ length: segments }, () => plaintext.slice())),
    run: () =>
      inLanes(pool.concurrency, segments, async (i) => {
        const { pieces } = await pool.seal(context, i, i === segments - 1, plaintexts[i] ?? plaintext.slice())
        pool.recycle(pieces)
      }),
  }
}

/** Sealing into the store of the product, beside writing pieces that are there through the same writer in the same batches. */
export async function compareStorage(rounds: number): Promise<Rounds> {
  const name = `bench-${crypto.randomUUID()}`
  const stores = await openBrowserStorage({ name })
  const pool = createCesPool()
  const ready = await pool.seal(storedContext, 0, false, plaintext.slice())
  const file = recordOf('bench')
  const clear = (): Promise<void> => stores.shards.deleteFile(file.id)
  const writing = async (write: (writer: PieceWriter) => Promise<void>): Promise<void> => {
    const recycle = (pieces: readonly StoredPiece[]): void => {
      pool.recycle(pieces.map(({ bytes }) => bytes).filter((bytes) => !ready.pieces.includes(bytes)))
    }
    const writer = new PieceWriter({ shards: stores.shards, clock: systemClock }, file, { onStored: recycle })
    await write(writer)
    await writer.flush()
  }
  const raw = async (writer: PieceWriter): Promise<void> => {
    for (let i = 0; i < storedSegments; i++) await addAll(writer, i, ready.pieces)
  }
  const sealed = async (writer: PieceWriter): Promise<void> => {
    await inLanes(pool.concurrency, storedSegments, async (i) => {
      const { pieces } = await pool.seal(storedContext, i, i === storedSegments - 1, plaintext.slice())
      await addAll(writer, i, pieces)
    })
  }
  const times = await interleave(rounds, {
    raw: { run: () => writing(raw), after: clear },
    seal: { run: () => writing(sealed), after: clear },
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
