import { describe, expect, it } from 'vitest'
import type { FileId, RoomId } from '../../base/ids.ts'
import type { ShardStore, StoredFile, StoredPiece } from '../index.ts'

type Open = () => Promise<readonly [ShardStore, ShardStore]>

const room = 'room' as RoomId
const f = 'f' as FileId
const g = 'g' as FileId
const pathBytes = 64
const file = (id: FileId, change: Partial<StoredFile> = {}): StoredFile => ({
  id,
  room,
  manifest: new Uint8Array([1, 2, 3]),
  key: new Uint8Array(32),
  addedAt: 5,
  own: true,
  state: 'complete',
  ...change,
})
const piece = (segment: number, shard: number, size = 100, fill = segment * 16 + shard): StoredPiece => ({
  segment,
  shard,
  bytes: new Uint8Array(size).fill(fill),
  path: new Uint8Array(pathBytes).fill(fill),
})

/**
 * What every {@link ShardStore} must do.
 * @param open gives two handles on one fresh, empty profile, as two tabs have
 */
export function shardStoreSuite(title: string, open: Open): void {
  describe(`${title}: shards`, () => {
    fileRecords(open)
    reading(open)
    overwriting(open)
    counting(open)
    scratch(open)
  })
}

function fileRecords(open: Open): void {
  it('ST-4 keeps files by room', async () => {
    const [shards] = await open()
    const { key, ...keyless } = file(g, { room: 'other' as RoomId })
    await shards.putFile(file(f))
    await shards.putFile(keyless)
    expect(key).toBeDefined()
    expect(await shards.file(f)).toEqual(file(f))
    expect(await shards.file(g)).toEqual(keyless)
    expect((await shards.files(room)).map(({ id }) => id)).toEqual(['f'])
    expect(await shards.file('x' as FileId)).toBeUndefined()
    expect(await shards.files('nowhere' as RoomId)).toEqual([])
  })
  it('ST-4 replaces a record and leaves its pieces', async () => {
    const [a, b] = await open()
    await a.putFile(file(f, { state: 'partial' }))
    await a.putPieces(f, [piece(0, 0)])
    await b.putFile(file(f))
    expect((await a.file(f))?.state).toBe('complete')
    expect(await a.piece(f, 0, 0)).toEqual(piece(0, 0))
  })
}

function reading(open: Open): void {
  it('ST-5 gives back pieces byte for byte, also to the other handle', async () => {
    const [a, b] = await open()
    await a.putPieces(f, [piece(0, 1), piece(0, 0, 0), piece(3, 2, 4096)])
    expect(await b.piece(f, 3, 2)).toEqual(piece(3, 2, 4096))
    await b.putPieces(f, [piece(1, 0)])
    expect(await a.piece(f, 1, 0)).toEqual(piece(1, 0))
    expect(await a.piece(f, 0, 0)).toEqual(piece(0, 0, 0))
    expect(await a.piece(f, 9, 9)).toBeUndefined()
    expect(await a.piece(g, 0, 0)).toBeUndefined()
    expect([...(await a.held(f))].sort(([x], [y]) => x - y)).toEqual([
      [0, [0, 1]],
      [1, [0]],
      [3, [2]],
    ])
    expect((await a.held(g)).size).toBe(0)
  })
  it('ST-5 keeps 4 MiB in one call and reads many pieces at once', async () => {
    const [a, b] = await open()
    const pieces = Array.from({ length: 16 }, (_, shard) => piece(2, shard, 262_144, shard))
    await a.putPieces(f, pieces)
    const read = await Promise.all(pieces.map(({ segment, shard }) => b.piece(f, segment, shard)))
    // Compared by sum: a deep comparison of 4 MiB takes a second.
    expect(read.map((one) => one?.bytes.reduce((sum, byte) => sum + byte, 0))).toEqual(
      pieces.map((_, shard) => shard * 262_144),
    )
  })
  it('ST-5 gives several pieces in the order asked, across calls and handles, undefined where none is', async () => {
    const [a, b] = await open()
    await a.putPieces(f, [piece(0, 0), piece(0, 1), piece(1, 0, 4096)])
    await b.putPieces(f, [piece(1, 1), piece(0, 1, 40, 200)])
    const asked = [piece(1, 1), piece(9, 9), piece(0, 1, 40, 200), piece(0, 0), piece(0, 0)]
    for (const shards of [a, b]) {
      expect(await shards.pieces(f, asked)).toEqual([asked[0], undefined, asked[2], asked[3], asked[4]])
      expect(await shards.pieces(f, [])).toEqual([])
      expect(await shards.pieces(g, [piece(0, 0)])).toEqual([undefined])
    }
  })
  it('ST-7 keeps the bytes of views, which the caller may reuse', async () => {
    const [a, b] = await open()
    const buffer = new Uint8Array(1_000).fill(9)
    await a.putPieces(f, [
      { segment: 0, shard: 0, bytes: buffer.subarray(10, 30), path: buffer.subarray(0, 32) },
    ])
    await a.putFile(file(f, { manifest: buffer.subarray(0, 5), key: buffer.subarray(32, 64) }))
    buffer.fill(1)
    for (const shards of [a, b]) {
      const kept = await shards.piece(f, 0, 0)
      expect(kept?.bytes).toEqual(new Uint8Array(20).fill(9))
      expect(kept?.path).toEqual(new Uint8Array(32).fill(9))
      const record = await shards.file(f)
      expect(record?.manifest).toEqual(new Uint8Array(5).fill(9))
      expect(record?.manifest.buffer.byteLength).toBe(5)
      expect(record?.key?.buffer.byteLength).toBe(32)
    }
  })
}

function overwriting(open: Open): void {
  it('ST-5 the latest write of a position wins, for a handle that read the earlier one too', async () => {
    const [a, b] = await open()
    await a.putPieces(f, [piece(0, 0), piece(0, 1), piece(0, 2)])
    expect(await b.piece(f, 0, 1)).toEqual(piece(0, 1))
    await a.putPieces(f, [piece(0, 1, 40, 200)])
    for (const shards of [a, b]) {
      expect(await shards.piece(f, 0, 0)).toEqual(piece(0, 0))
      expect(await shards.piece(f, 0, 1)).toEqual(piece(0, 1, 40, 200))
      expect(await shards.piece(f, 0, 2)).toEqual(piece(0, 2))
      expect([...(await shards.held(f))]).toEqual([[0, [0, 1, 2]]])
      expect((await shards.usage()).totalBytes).toBe(100 + 40 + 100 + 3 * pathBytes)
    }
  })
  it('ST-5 writing the same pieces again and again costs nothing more', async () => {
    const [a, b] = await open()
    for (const shards of [a, b, a, b]) await shards.putPieces(f, [piece(0, 0), piece(0, 1)])
    expect((await a.usage()).totalBytes).toBe(2 * (100 + pathBytes))
    expect(await a.piece(f, 0, 1)).toEqual(piece(0, 1))
  })
  it('ST-5 a position given twice in one call is kept once, the later one', async () => {
    const [a] = await open()
    await a.putPieces(f, [piece(0, 0, 100, 1), piece(0, 0, 50, 2)])
    expect(await a.piece(f, 0, 0)).toEqual(piece(0, 0, 50, 2))
    expect((await a.usage()).totalBytes).toBe(50 + pathBytes)
  })
  it('ST-5 a removed file that comes again is read anew by every handle', async () => {
    const [a, b] = await open()
    await a.putPieces(f, [piece(0, 0)])
    expect(await b.piece(f, 0, 0)).toEqual(piece(0, 0))
    await a.deleteFile(f)
    expect(await b.piece(f, 0, 0)).toBeUndefined()
    await a.putPieces(f, [piece(0, 0, 7, 77)])
    expect(await b.piece(f, 0, 0)).toEqual(piece(0, 0, 7, 77))
    expect((await b.usage()).totalBytes).toBe(7 + pathBytes)
  })
}

function counting(open: Open): void {
  it('ST-5 counts what it keeps and frees all of it', async () => {
    const [a, b] = await open()
    await a.putFile(file(f))
    await a.putPieces(f, [piece(0, 0), piece(0, 1)])
    await b.putPieces(g, [piece(0, 0)])
    const one = 100 + pathBytes
    expect(await b.usage()).toEqual({
      totalBytes: 3 * one,
      byFile: new Map([
        [f, 2 * one],
        [g, one],
      ]),
    })
    await b.deleteFile(f)
    expect(await a.piece(f, 0, 0)).toBeUndefined()
    expect(await a.file(f)).toBeUndefined()
    expect((await a.held(f)).size).toBe(0)
    expect(await a.usage()).toEqual({ totalBytes: one, byFile: new Map([[g, one]]) })
    await a.deleteFile(f)
  })
  it('ST-5 counts rightly while two handles write at once', async () => {
    const [a, b] = await open()
    const writes = Array.from({ length: 20 }, (_, segment) =>
      (segment % 2 === 0 ? a : b).putPieces(f, [piece(segment, 0), piece(segment, 1)]),
    )
    await Promise.all(writes)
    expect((await a.usage()).byFile.get(f)).toBe(40 * (100 + pathBytes))
    expect((await b.held(f)).size).toBe(20)
  })
  it('ST-5 no pieces at all is nothing kept', async () => {
    const [a] = await open()
    await a.putPieces(f, [])
    expect(await a.usage()).toEqual({ totalBytes: 0, byFile: new Map() })
  })
}

function scratch(open: Open): void {
  const pathOf = (pieces: readonly StoredPiece[]) => pieces.map(({ segment, shard }) => [segment, shard])
  it('ST-10 keeps scratch pieces as others, and gives their buffers back', async () => {
    const [a] = await open()
    await a.putFile(file(f, { state: 'partial', own: false }))
    const given = [piece(0, 0), piece(1, 0, 200)]
    const back = await a.putScratch(f, given)
    expect(pathOf(back)).toEqual([
      [0, 0],
      [1, 0],
    ])
    expect(back.map(({ bytes }) => bytes.byteLength)).toEqual([100, 200])
    expect(await a.putScratch(f, [piece(1, 3)])).toHaveLength(1)
    const positions = [1, 0, 7].map((segment) => ({ segment, shard: 0 }))
    expect(await a.pieces(f, positions)).toEqual([piece(1, 0, 200), piece(0, 0), undefined])
    expect(await a.piece(f, 1, 3)).toEqual(piece(1, 3))
    expect([...(await a.held(f))]).toEqual([
      [0, [0]],
      [1, [0, 3]],
    ])
    const { byFile, totalBytes } = await a.usage()
    expect(byFile.get(f)).toBeGreaterThanOrEqual(400 + 3 * pathBytes)
    expect(totalBytes).toBe(byFile.get(f))
  })
  it('ST-10 finds both kinds of pieces of a file, of a position the scratch one', async () => {
    const [a] = await open()
    await a.putFile(file(f, { state: 'partial', own: false }))
    await a.putPieces(f, [piece(0, 0), piece(0, 2)])
    await a.putScratch(f, [piece(0, 1), piece(0, 0, 50)])
    const all = [0, 1, 2].map((shard) => ({ segment: 0, shard }))
    expect(await a.pieces(f, all)).toEqual([piece(0, 0, 50), piece(0, 1), piece(0, 2)])
    expect([...(await a.held(f))]).toEqual([[0, [0, 1, 2]]])
  })
  it('ST-10 another handle that has read the record finds scratch pieces, and removes them with the file', async () => {
    const [a, b] = await open()
    await a.putFile(file(f, { state: 'partial', own: false }))
    await a.putScratch(f, [piece(0, 0)])
    expect((await b.files(room)).map(({ id }) => id)).toEqual([f])
    expect(await b.piece(f, 0, 0)).toEqual(piece(0, 0))
    await a.deleteFile(f)
    expect(await a.piece(f, 0, 0)).toBeUndefined()
    expect((await a.held(f)).size).toBe(0)
    expect((await a.usage()).totalBytes).toBe(0)
    await a.putScratch(f, [piece(0, 5)])
    expect([...(await a.held(f))]).toEqual([[0, [5]]])
  })
}
