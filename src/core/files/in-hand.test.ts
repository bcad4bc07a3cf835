import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { errorName, QuotaExceededError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import {
  fetchBytes,
  memorySource,
  MemorySink,
  Party,
  randomBytes,
  until,
  type Guest,
} from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** A sharer, and somebody who holds nothing of what is offered. */
async function sharerAndOther(length: number): Promise<{ a: Guest; b: Guest; file: FileId; bytes: Bytes }> {
  const a = await party.guest('a')
  const b = await party.guest('b', { budgetBytes: 0 })
  const bytes = randomBytes(length)
  const file = await a.files.share(memorySource(bytes, 'plan.bin'))
  await until(() => b.view(file) !== undefined, 'b knows the file')
  return { a, b, file, bytes }
}

async function exported(guest: Guest, file: FileId): Promise<Bytes> {
  const sealed = await guest.files.sealed(file)
  const sink = new MemorySink()
  await sealed.write(sink)
  expect(sink.state).toBe('closed')
  expect(sink.bytes().byteLength).toBe(sealed.sizeBytes)
  return sink.bytes()
}

describe('keeping a file', () => {
  it('FI-46: makes it whole here, so that it outlives its sharer, and signs for it', async () => {
    const { a, b, file, bytes } = await sharerAndOther(700_000)
    await b.files.keep(file)
    expect(b.view(file)).toMatchObject({ isLocal: true })
    await until(
      () => a.view(file)?.durability.holdings.some(({ account }) => account === b.account) === true,
      'a counts on b',
    )
    await a.leave()
    const c = await party.guest('c')
    expect(equalBytes(await fetchBytes(c, file), bytes)).toBe(true)
    expect(b.files.transfers().map(({ direction, state }) => [direction, state.kind])).toEqual([
      ['keep', 'done'],
    ])
  })

  it('FI-46: leaves nothing when the disk is full', async () => {
    const stores = faultyStores(createMemoryStorage(), (verb) =>
      verb === 'putPieces' ? new QuotaExceededError('disk is full') : undefined,
    )
    const a = await party.guest('a')
    const b = await party.guest('b', { budgetBytes: 0, shards: stores.shards })
    const file = await a.files.share(memorySource(randomBytes(700_000)))
    await until(() => b.view(file) !== undefined, 'b knows the file')
    await expect(b.files.keep(file)).rejects.toMatchObject({ name: 'QuotaExceededError' })
    expect(b.view(file)).toMatchObject({ isLocal: false, keptBytes: 0 })
  })
})

describe('a sealed file', () => {
  it('FI-49: has the length foretold, and brings every piece to another device of the room', async () => {
    const { a, b, file, bytes } = await sharerAndOther(900_000)
    const sealed = await exported(a, file)
    await a.leave()
    expect(await b.files.takeIn(memorySource(sealed))).toBe(file)
    expect(b.view(file)).toMatchObject({ isLocal: true })
    expect(equalBytes(await fetchBytes(b, file), bytes)).toBe(true)
    expect(await exported(b, file)).toEqual(sealed)
  })

  it('FI-49: has no key in it', async () => {
    const { a, file } = await sharerAndOther(1_000)
    const body = party.hub.entries[0]?.body
    if (body?.kind !== 'file') throw new Error('a card was posted')
    const text = Buffer.from(await exported(a, file)).toString('latin1')
    expect(text).not.toContain(Buffer.from(body.key).toString('latin1'))
  })

  it('FI-49: of another room is told apart from a damaged one', async () => {
    const { a, file } = await sharerAndOther(1_000)
    const sealed = await exported(a, file)
    const elsewhere = new Party()
    const stranger = await elsewhere.guest('stranger')
    await expect(stranger.files.takeIn(memorySource(sealed))).rejects.toMatchObject({
      name: 'ForeignSealedFileError',
    })
    await elsewhere.stop()
  })

  it('FI-49: changed, cut or grown anywhere is refused by a named error and leaves nothing', async () => {
    const { a, b, file } = await sharerAndOther(2_000)
    const sealed = await exported(a, file)
    const names = new Set<string>()
    const refused = async (damaged: Bytes): Promise<void> => {
      const error: unknown = await b.files.takeIn(memorySource(damaged)).catch((thrown: unknown) => thrown)
      const name = errorName(error)
      expect(name).toMatch(
        /^(InvalidSealedFile|SealedFileCut|SealedFileVersion|ForeignSealedFile|CorruptPiece|Version)Error$/,
      )
      names.add(name)
      expect(await b.shards.file(file)).toBeUndefined()
    }
    await refused(new Uint8Array([...sealed, 0]))
    await refused(new Uint8Array(0))
    await refused(new TextEncoder().encode('just a text that was renamed'))
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = sealed.slice()
        damaged[at] = (damaged[at] ?? 0) ^ flip
        await refused(damaged)
        await refused(sealed.slice(0, at))
      }),
      { numRuns: 150 },
    )
    expect([...names]).toContain('CorruptPieceError')
    expect([...names]).toContain('SealedFileCutError')
  })

  it('FI-49: is made only of what is whole and undamaged here', async () => {
    const { b, a, file } = await sharerAndOther(300_000)
    await expect(b.files.sealed(file)).rejects.toMatchObject({ name: 'UnknownFileError' })
    const [piece] = await a.shards.pieces(file, [{ segment: 0, shard: 0 }])
    if (piece === undefined) throw new Error('the sharer has every piece')
    await a.shards.putPieces(file, [{ ...piece, bytes: piece.bytes.map((byte) => byte ^ 1) }])
    const sink = new MemorySink()
    await expect((await a.files.sealed(file)).write(sink)).rejects.toMatchObject({ name: 'CorruptFileError' })
    expect(sink.state).toBe('aborted')
  })
})
