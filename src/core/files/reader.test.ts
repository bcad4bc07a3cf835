import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { FileId } from '../base/ids.ts'
import type { FileReading } from './index.ts'
import { maxReaders, maxReadBytes } from './constants.ts'
import { memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

const segmentBytes = 262_144 - 16

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

interface Scene {
  readonly bytes: Bytes
  readonly file: FileId
  readonly owner: Guest
  readonly late: Guest
  /** Segments that the owner was asked for, in order. */
  readonly served: number[]
}

/** One who has a file and one who keeps nothing. */
async function scene(sizeBytes: number): Promise<Scene> {
  const [owner, late] = [await party.guest('owner'), await party.guest('late', { budgetBytes: 0 })]
  const bytes = randomBytes(sizeBytes)
  const file = await owner.files.share(memorySource(bytes, 'film.webm', 'video/webm'))
  await until(() => late.view(file)?.durability.survivableLosses === -1, 'the card')
  const served: number[] = []
  const piece = owner.shards.piece.bind(owner.shards)
  owner.shards.piece = (id, segment, shard) => {
    served.push(segment)
    return piece(id, segment, shard)
  }
  return { bytes, file, owner, late, served }
}

describe('reading a file in any order', () => {
  it('FI-30: every range comes back byte-identical, within segments, across them, empty and at the end', async () => {
    const { bytes, file, late } = await scene(5 * segmentBytes + 77)
    const reader = await late.files.openReader(file)
    expect(reader).toMatchObject({ sizeBytes: bytes.byteLength, mediaType: 'video/webm' })
    const ranges = [
      [0, 1],
      [segmentBytes - 3, segmentBytes + 3],
      [2 * segmentBytes, 4 * segmentBytes],
      [10, 10],
      [bytes.byteLength - 1, bytes.byteLength],
      [0, bytes.byteLength],
      [bytes.byteLength, bytes.byteLength],
    ] as const
    for (const [start, end] of ranges) {
      expect(equalBytes(await reader.read(start, end), bytes.slice(start, end)), `${start} to ${end}`).toBe(
        true,
      )
    }
    const all = await Promise.all(ranges.map(([start, end]) => reader.read(start, end)))
    for (const [i, [start, end]] of ranges.entries()) {
      expect(equalBytes(all[i] ?? new Uint8Array(1), bytes.slice(start, end))).toBe(true)
    }
    reader.close()
  })

  it('FI-30: a seek to the middle fetches the segments from there and none before', async () => {
    const { bytes, file, late, served } = await scene(60 * segmentBytes)
    const reader = await late.files.openReader(file)
    const start = 40 * segmentBytes + 5
    expect(equalBytes(await reader.read(start, start + 1000), bytes.slice(start, start + 1000))).toBe(true)
    expect(served[0]).toBe(40)
    expect(Math.min(...served)).toBe(40)
    expect(Math.max(...served)).toBeLessThan(60)
    reader.close()
  })

  it('FI-30: reading on asks for no segment twice', async () => {
    const { bytes, file, late, served } = await scene(30 * segmentBytes)
    const reader = await late.files.openReader(file)
    for (let at = 0; at < bytes.byteLength; at += 100_000) {
      const end = Math.min(at + 100_000, bytes.byteLength)
      expect(equalBytes(await reader.read(at, end), bytes.slice(at, end))).toBe(true)
    }
    expect(served.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i))
    reader.close()
  })

  it('FI-30: a read that is aborted ends at once and what only it needed is not fetched', async () => {
    const { file, late, served } = await scene(60 * segmentBytes)
    const reader = await late.files.openReader(file)
    const stop = new AbortController()
    const reading = reader.read(0, 30 * segmentBytes, { signal: stop.signal })
    stop.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await reader.read(50 * segmentBytes, 50 * segmentBytes + 1)
    await settle(200)
    // What was under way within the first credits may still come: 2 MiB.
    expect(served.filter((segment) => segment < 50).length).toBeLessThanOrEqual(8)
    reader.close()
  })

  it('FI-30: a range outside the file or too long for one read is InvalidRangeError', async () => {
    const { file, late } = await scene(100)
    const reader = await late.files.openReader(file)
    for (const [start, end] of [
      [-1, 5],
      [5, 4],
      [0, 101],
      [0.5, 2],
      [0, Number.NaN],
    ] as const) {
      await expect(reader.read(start, end)).rejects.toMatchObject({ name: 'InvalidRangeError' })
    }
    const { file: big, late: other } = await scene(maxReadBytes + 1)
    const long = await other.files.openReader(big)
    await expect(long.read(0, maxReadBytes + 1)).rejects.toMatchObject({ name: 'InvalidRangeError' })
    reader.close()
    long.close()
  })

  it('FI-30: closed, or with the room left, reads end as aborted', async () => {
    const { file, late } = await scene(3 * segmentBytes)
    const reader = await late.files.openReader(file)
    const other = await late.files.openReader(file)
    const reading = reader.read(0, 3 * segmentBytes)
    reader.close()
    reader.close()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await expect(reader.read(0, 1)).rejects.toMatchObject({ name: 'AbortError' })
    await late.leave()
    await expect(other.read(0, 1)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('FI-30: when nobody can give a segment the read fails, and succeeds once a holder is back', async () => {
    const { bytes, file, owner, late } = await scene(segmentBytes)
    const reader = await late.files.openReader(file)
    const forgotten = await owner.shards.piece(file, 0, 0)
    if (forgotten === undefined) throw new Error('no piece')
    const piece = owner.shards.piece.bind(owner.shards)
    owner.shards.piece = () => Promise.resolve(undefined)
    await expect(reader.read(0, 1)).rejects.toMatchObject({ name: 'FileUnavailableError' })
    owner.shards.piece = piece
    expect(await reader.read(0, 1)).toEqual(bytes.slice(0, 1))
    reader.close()
  })

  it('FI-30: a stream that its holder ended for idleness is opened again, without a pause', async () => {
    const { bytes, file, late } = await scene(60 * segmentBytes)
    const reader = await late.files.openReader(file)
    await reader.read(0, 1)
    await settle(100)
    await party.clock.advance(70_000)
    const end = bytes.byteLength
    expect(await reader.read(end - 1, end)).toEqual(bytes.slice(end - 1))
    reader.close()
  })

  it('FI-30: an unknown file is UnknownFileError, and too many readers are TooManyReadersError', async () => {
    const { file, late } = await scene(100)
    await expect(late.files.openReader('x'.repeat(43) as FileId)).rejects.toMatchObject({
      name: 'UnknownFileError',
    })
    const readers: FileReading[] = []
    while (readers.length < maxReaders) readers.push(await late.files.openReader(file))
    await expect(late.files.openReader(file)).rejects.toMatchObject({ name: 'TooManyReadersError' })
    readers[0]?.close()
    readers.push(await late.files.openReader(file))
    for (const reader of readers) reader.close()
  })
})
