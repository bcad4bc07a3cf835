import { openDB, type IDBPDatabase } from 'idb'
import type { FileId } from '../../src/core/base/ids.ts'
import type { StoredPiece } from '../../src/core/storage/index.ts'
import { openBrowserStorage } from '../../src/platform/browser/storage.ts'

/** One way to keep pieces: how a call's pieces become records, and how one piece is read again. */
interface Shape {
  readonly name: string
  readonly open: () => Promise<OpenShape>
}

interface OpenShape {
  /** Keeps the pieces of one call. */
  put(call: number, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void>
  piece(call: number, index: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** What is measured: pieces of `pieceBytes`, `perCall` of them in a call, `calls` calls, `reads` pieces read one by one. */
export interface ShapePlan {
  readonly pieceBytes: number
  readonly perCall: number
  readonly calls: number
  readonly reads: number
  readonly rounds: number
  readonly durability: 'strict' | 'relaxed'
}

/** Best rates of all rounds, MB/s (1e6 bytes). */
export interface ShapeFigures {
  readonly name: string
  readonly writeRate: number
  readonly readRate: number
}

const pathBytes = 256

/** Every shape in turn, round by round, so that whatever else the machine does falls on all of them. */
export async function compareShapes(plan: ShapePlan): Promise<readonly ShapeFigures[]> {
  const shapes = [adapter, ...rawShapes(plan)]
  const best = new Map(shapes.map(({ name }) => [name, { writeRate: 0, readRate: 0 }]))
  for (let round = 0; round < plan.rounds; round++) {
    for (const shape of shapes) {
      if (shape === adapter && plan.durability === 'relaxed') continue // it is always strict
      const { writeRate, readRate } = await measure(shape, plan)
      const sofar = best.get(shape.name) ?? { writeRate: 0, readRate: 0 }
      best.set(shape.name, {
        writeRate: Math.max(sofar.writeRate, writeRate),
        readRate: Math.max(sofar.readRate, readRate),
      })
    }
  }
  return [...best].map(([name, rates]) => ({ name, ...rates }))
}

async function measure(
  shape: Shape,
  plan: ShapePlan,
): Promise<{ readonly writeRate: number; readonly readRate: number }> {
  const { pieceBytes, perCall, calls, reads } = plan
  const open = await shape.open()
  let writeMs = 0
  for (let call = 0; call < calls; call++) {
    const pieces = Array.from({ length: perCall }, (_, i) => filled(pieceBytes, call * perCall + i))
    const before = performance.now()
    await open.put(call, pieces)
    writeMs += performance.now() - before
  }
  const before = performance.now()
  for (let i = 0; i < reads; i++) {
    // Far apart and never in order, as requests of several fetchers come.
    const at = (i * 7_919) % (calls * perCall)
    const bytes = await open.piece(Math.floor(at / perCall), at % perCall)
    if (bytes.byteLength !== pieceBytes || bytes[0] !== at % 251)
      throw new Error(`${shape.name}: wrong piece`)
  }
  const readMs = performance.now() - before
  await open.close()
  const rate = (pieces: number, ms: number): number => (pieces * pieceBytes) / 1_000 / ms
  return { writeRate: rate(perCall * calls, writeMs), readRate: rate(reads, readMs) }
}

/** Bytes that do not compress (LevelDB's pages may be), with a mark in front. */
function filled(length: number, mark: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65_536)))
  bytes[0] = mark % 251
  return bytes
}

/** The real shard store, with its index, its counting and its paths. */
const adapter: Shape = {
  name: 'ShardStore',
  open: async () => {
    const name = `adapter-${crypto.randomUUID()}`
    const { shards, close } = await openBrowserStorage({ name })
    const file = 'bench' as FileId
    return {
      put: (segment, pieces) => {
        const path = new Uint8Array(pathBytes)
        const stored = pieces.map((bytes, shard): StoredPiece => ({ segment, shard, bytes, path }))
        return shards.putPieces(file, stored)
      },
      piece: async (segment, shard) => (await shards.piece(file, segment, shard))?.bytes ?? new Uint8Array(),
      close: () => {
        close()
        return removed(name)
      },
    }
  },
}

function rawShapes(plan: ShapePlan): readonly Shape[] {
  const { pieceBytes, perCall, durability } = plan
  const packed = (pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> => {
    const all = new Uint8Array(pieceBytes * pieces.length)
    pieces.forEach((piece, i) => all.set(piece, i * pieceBytes))
    return all
  }
  const part = (i: number): [number, number] => [i * pieceBytes, (i + 1) * pieceBytes]
  return [
    raw('row per piece, bytes', durability, {
      records: (call, pieces) => pieces.map((piece, i) => [call * perCall + i, piece]),
      read: async (db, call, i) => (await db.get('records', call * perCall + i)) as Uint8Array,
    }),
    raw('row per piece, Blob', durability, {
      records: (call, pieces) => pieces.map((piece, i) => [call * perCall + i, new Blob([piece])]),
      read: async (db, call, i) => bytesOf((await db.get('records', call * perCall + i)) as Blob),
    }),
    raw('packed, bytes', durability, {
      records: (call, pieces) => [[call, packed(pieces)]],
      read: async (db, call, i) => ((await db.get('records', call)) as Uint8Array).slice(...part(i)),
    }),
    raw('packed, Blob', durability, {
      records: (call, pieces) => [[call, new Blob([...pieces])]],
      read: async (db, call, i) => bytesOf(((await db.get('records', call)) as Blob).slice(...part(i))),
    }),
  ]
}

interface RawWays {
  readonly records: (
    call: number,
    pieces: readonly Uint8Array<ArrayBuffer>[],
  ) => readonly (readonly [number, unknown])[]
  readonly read: (db: IDBPDatabase, call: number, index: number) => Promise<Uint8Array>
}

function raw(name: string, durability: 'strict' | 'relaxed', ways: RawWays): Shape {
  return {
    name,
    open: async () => {
      const database = `raw-${crypto.randomUUID()}`
      const db = await openDB(database, 1, { upgrade: (made) => void made.createObjectStore('records') })
      return {
        put: async (call, pieces) => {
          const tx = db.transaction('records', 'readwrite', { durability })
          for (const [key, value] of ways.records(call, pieces)) void tx.store.put(value, key)
          await tx.done
        },
        piece: (call, i) => ways.read(db, call, i),
        close: () => {
          db.close()
          return removed(database)
        },
      }
    },
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer())
}

function removed(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(new Error(`the database ${name} could not be removed`))
  })
}
