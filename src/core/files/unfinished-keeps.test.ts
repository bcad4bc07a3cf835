import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { ShardStore } from '../storage/index.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { keptForMs, maxPiecesPerRead } from './constants.ts'
import type { Transfer } from './index.ts'
import {
  fetchBytes,
  memorySource,
  MemorySink,
  Party,
  randomBytes,
  until,
  type Guest,
  type GuestOptions,
} from './testing/party.ts'
import { Supply } from './testing/supply.ts'

const sizeBytes = 24_000_000
const content = randomBytes(sizeBytes)
const pieces = Math.ceil(sizeBytes / (262_144 - 16))

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** A sharer whose store gives others no more than it is allowed to. */
async function sharer(): Promise<{ owner: Guest; file: FileId; supply: Supply }> {
  const owner = await party.guest('owner')
  const file = await owner.files.share(memorySource(content, 'film.webm'))
  return { owner, file, supply: new Supply(owner.shards) }
}

/** Somebody who keeps nothing for others; the same person each time. */
async function keeper(options: GuestOptions): Promise<Guest> {
  return await party.guest('late', { person: 70, budgetBytes: 0, ...options })
}

/** The tab is killed: its links are gone, and nothing it had not stored is. */
async function kill(guest: Guest): Promise<void> {
  await party.rooms.leave(guest.room)
  party.guests.splice(party.guests.indexOf(guest), 1)
}

const stored = async (shards: ShardStore): Promise<number> => (await shards.usage()).totalBytes
const last = (guest: Guest): Transfer | undefined => guest.files.transfers().at(-1)
const rows = (guest: Guest): unknown =>
  guest.files.transfers().map(({ id, direction, state }) => [id, direction, state.kind])

/** Half of a keep, then a killed tab. */
async function halfKept(): Promise<{ file: FileId; supply: Supply; shards: ShardStore }> {
  const { file, supply } = await sharer()
  const { shards } = createMemoryStorage()
  const first = await keeper({ shards })
  await until(() => first.view(file) !== undefined)
  supply.allow(Math.ceil(pieces / 2) + maxPiecesPerRead)
  first.files.keep(file).catch(() => undefined)
  await settle(400)
  expect(await stored(shards)).toBeGreaterThan(sizeBytes * 0.3)
  await kill(first)
  return { file, supply, shards }
}

describe('a file that was being brought to this device', () => {
  it('FI-46 when the tab is killed, is shown as interrupted and goes on with what came', async () => {
    const { file, supply, shards } = await halfKept()
    const servedBefore = supply.served
    const again = await keeper({ shards })
    expect(last(again)).toMatchObject({
      ...{ direction: 'keep', name: 'film.webm', file },
      state: { kind: 'interrupted', progress: { totalBytes: sizeBytes } },
    })
    const { id } = last(again) ?? {}
    supply.allow()
    await again.files.keep(file)
    expect(rows(again)).toEqual([[id, 'keep', 'done']])
    expect(supply.served - servedBefore).toBeLessThan(pieces * 0.75)
    expect(again.view(file)?.isLocal).toBe(true)
    expect(await shards.file(file)).toMatchObject({ state: 'complete', own: false })
    expect((await shards.file(file))?.key).toBeUndefined()
    const other = await party.guest('other', { budgetBytes: 0 })
    expect(equalBytes(await fetchBytes(other, file), content)).toBe(true)
  })

  it('FI-46 when the program ends, keeps what came; when a person cancels, nothing', async () => {
    const { file, shards } = await halfKept()
    const again = await keeper({ shards })
    await again.leave()
    expect(await stored(shards)).toBeGreaterThan(0)
    const third = await keeper({ shards })
    third.files.cancel(last(third)?.id ?? '')
    await settle(20)
    expect([await stored(shards), await shards.file(file)]).toEqual([0, undefined])
    expect(last(third)?.state.kind).toBe('cancelled')
  })

  it('FI-46 is given up after a week', async () => {
    const { file, shards } = await halfKept()
    const record = await shards.file(file)
    if (record === undefined) throw new Error('what came is kept')
    await shards.putFile({ ...record, addedAt: party.clock.now() - keptForMs })
    const again = await keeper({ shards })
    expect([await stored(shards), again.files.transfers()]).toEqual([0, []])
  })

  it('FI-46 is taken away when it turns out that another tab brings it', async () => {
    const { file, shards } = await halfKept()
    const record = await shards.file(file)
    const again = await keeper({ shards })
    if (record === undefined) throw new Error('what came is kept')
    await shards.putFile({ ...record, addedAt: party.clock.now() + 1 })
    await party.clock.advance(120_000)
    expect(again.files.transfers()).toEqual([])
  })

  it('FI-46 beside columns that are held here leaves those when it is cancelled', async () => {
    const { file, supply } = await sharer()
    for (const name of ['b', 'c', 'd']) await party.guest(name, { budgetBytes: 0 })
    const { shards } = createMemoryStorage()
    const first = await keeper({ shards })
    const manifest = (await party.guests[0]?.shards.file(file))?.manifest
    if (manifest === undefined) throw new Error('the sharer has it')
    // As a holder that was given pieces of some segments.
    const [piece] = (await party.guests[0]?.shards.pieces(file, [{ segment: 0, shard: 0 }])) ?? []
    if (piece === undefined) throw new Error('the sharer has it')
    await first.leave()
    await shards.putFile({
      id: file,
      room: first.room.id,
      manifest,
      addedAt: 5,
      own: false,
      state: 'complete',
    })
    await shards.putPieces(file, [piece])
    const second = await keeper({ shards })
    await until(() => second.view(file) !== undefined)
    supply.allow(maxPiecesPerRead * 2)
    second.files.keep(file).catch(() => undefined)
    await settle(300)
    await kill(second)
    const third = await keeper({ shards })
    expect(last(third)).toMatchObject({ direction: 'keep', state: { kind: 'interrupted' } })
    third.files.cancel(last(third)?.id ?? '')
    await settle(20)
    const left = await shards.file(file)
    expect([left?.state, left?.key]).toEqual(['complete', undefined])
    expect((await shards.held(file)).get(0)).toContain(0)
  })
})

describe('an import that is interrupted', () => {
  async function sealedFile(): Promise<{ owner: Guest; file: FileId; sealed: Bytes }> {
    const { owner, file } = await sharer()
    const sink = new MemorySink()
    await (await owner.files.sealed(file)).write(sink)
    return { owner, file, sealed: sink.bytes() }
  }
  /** Reads a part and never answers again, as a tab that is killed. */
  function halting(sealed: Bytes): ReturnType<typeof memorySource> {
    const source = memorySource(sealed)
    return {
      ...source,
      read: (start, end) =>
        start > sealed.byteLength / 2 ? new Promise(() => undefined) : source.read(start, end),
    }
  }

  it('FI-46, FI-49 goes on when the file is picked again, without anybody else', async () => {
    const { owner, file, sealed } = await sealedFile()
    const { shards } = createMemoryStorage()
    const first = await keeper({ shards })
    first.files.takeIn(halting(sealed)).catch(() => undefined)
    await settle(300)
    await kill(first)
    expect(await stored(shards)).toBeGreaterThan(sizeBytes * 0.2)
    await owner.leave()
    const again = await keeper({ shards })
    expect(last(again)).toMatchObject({ direction: 'keep', file, state: { kind: 'interrupted' } })
    const { id } = last(again) ?? {}
    expect(await again.files.takeIn(memorySource(sealed))).toBe(file)
    expect(rows(again)).toEqual([[id, 'keep', 'done']])
    expect(equalBytes(await fetchBytes(again, file), content)).toBe(true)
  })

  it('FI-46, FI-49 goes on from others as well', async () => {
    const { file, sealed } = await sealedFile()
    const { shards } = createMemoryStorage()
    const first = await keeper({ shards })
    first.files.takeIn(halting(sealed)).catch(() => undefined)
    await settle(300)
    await kill(first)
    const again = await keeper({ shards })
    await again.files.keep(file)
    expect(again.view(file)?.isLocal).toBe(true)
  })
})

describe('an export', () => {
  it('FI-49 shows how far it is, and leaves nothing when a person ends it', async () => {
    const { owner, file } = await sharer()
    const sealed = await owner.files.sealed(file)
    const sink = new MemorySink()
    let written = 0
    const write = sink.write.bind(sink)
    sink.write = async (bytes) => {
      await write(bytes)
      written += bytes.byteLength
      if (written < sizeBytes / 2) return
      await party.clock.advance(1_000)
      const { id, state } = last(owner) ?? {}
      if (state?.kind === 'fetching') expect(state.progress.doneBytes).toBeGreaterThan(0)
      owner.files.cancel(id ?? '')
    }
    await expect(sealed.write(sink)).rejects.toMatchObject({ name: 'AbortError' })
    expect(sink.state).toBe('aborted')
    expect(last(owner)).toMatchObject({ direction: 'export', file, state: { kind: 'cancelled' } })
    const whole = new MemorySink()
    await sealed.write(whole)
    expect(whole.bytes().byteLength).toBe(sealed.sizeBytes)
    expect(last(owner)).toMatchObject({ direction: 'export', state: { kind: 'done' } })
  })
})
