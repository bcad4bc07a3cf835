import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { QuotaExceededError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { ShardStore } from '../storage/index.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { faultyStore, type Fault } from '../storage/testing/faulty.ts'
import { keptForMs, maxPiecesPerRead } from './constants.ts'
import type { Transfer, TransferState } from './index.ts'
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
const plainPieceBytes = 262_144 - 16

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

interface Scene {
  readonly owner: Guest
  readonly file: FileId
  /** What the owner's store gives others. */
  readonly supply: Supply
}

async function scene(bytes: Bytes = content): Promise<Scene> {
  const owner = await party.guest('owner')
  const file = await owner.files.share(memorySource(bytes, 'film.webm'))
  return { owner, file, supply: new Supply(owner.shards) }
}

/** Somebody who keeps nothing for others; the same person each time. */
async function reader(options: GuestOptions = {}): Promise<Guest> {
  return await party.guest('late', { person: 70, budgetBytes: 0, ...options })
}

/** Fetches until the sink has so many more bytes and the holder gives no more, and gives the fetch that waits. */
async function fetchSome(
  guest: Guest,
  { file, supply }: Scene,
  bytes: number,
): Promise<{
  readonly sink: MemorySink
  readonly outcome: Promise<unknown>
  readonly stop: AbortController
}> {
  const sink = new MemorySink()
  const stop = new AbortController()
  // Whole groups only leave the holder, so the last one may be cut off.
  supply.allow(Math.ceil(bytes / plainPieceBytes) + maxPiecesPerRead)
  const outcome = guest.files.fetch(file, sink, { signal: stop.signal }).then(
    () => 'done',
    (error: unknown) => error,
  )
  await until(() => sink.bytes().byteLength >= bytes, 'a part of the file')
  return { sink, outcome, stop }
}

/** The tab is killed: its links are gone, and nothing it had not stored is. */
async function kill(guest: Guest): Promise<void> {
  await party.rooms.leave(guest.room)
  party.guests.splice(party.guests.indexOf(guest), 1)
}

function last(guest: Guest): Transfer | undefined {
  return guest.files.transfers().at(-1)
}

async function kept(shards: ShardStore): Promise<number> {
  return (await shards.usage()).totalBytes
}

describe('a fetch that is interrupted', () => {
  it('FI-33: by a killed tab goes on where it was: less than five of a hundred pieces are fetched twice', async () => {
    const from = await scene()
    const { file } = from
    const { shards } = createMemoryStorage()
    const first = await reader({ shards })
    await fetchSome(first, from, sizeBytes / 2)
    await kill(first)

    const again = await reader({ shards })
    expect(last(again)).toMatchObject({
      direction: 'fetch',
      name: 'film.webm',
      file,
      state: { kind: 'interrupted' },
    })
    const { id, state } = last(again) ?? {}
    if (state?.kind !== 'interrupted') throw new Error('not interrupted')
    expect(state.progress.totalBytes).toBe(sizeBytes)
    expect(state.progress.doneBytes).toBeGreaterThan(sizeBytes * 0.4)
    from.supply.allow()
    expect(equalBytes(await fetchBytes(again, file), content)).toBe(true)
    const pieces = Math.ceil(sizeBytes / plainPieceBytes)
    // What was under way when the tab died counts as well: that much cannot be helped.
    expect(from.supply.served - pieces).toBeLessThan(pieces * 0.05 + 32)
    expect(again.files.transfers().map(({ id: row, state: { kind } }) => [row, kind])).toEqual([[id, 'done']])
    expect(await kept(shards)).toBe(0)
  })

  it('FI-33: by leaving the room is shown as interrupted, and finishes with nobody there once all is kept', async () => {
    const { owner, file } = await scene()
    const { shards } = createMemoryStorage()
    const first = await reader({ shards })
    const sink = new MemorySink()
    // The sink never takes the last part, so that everything came and nothing is done.
    const write = sink.write.bind(sink)
    let written = 0
    sink.write = async (bytes) => {
      written += bytes.byteLength
      if (written > sizeBytes - 1_000_000) await new Promise(() => {})
      await write(bytes)
    }
    const outcome = first.files.fetch(file, sink).catch((error: unknown) => error)
    await until(() => written > sizeBytes - 1_000_000, 'nearly all of it')
    await settle(200)
    await party.clock.advance(3_000)
    await kill(first)
    void outcome
    await owner.leave()
    const again = await reader({ shards })
    expect(equalBytes(await fetchBytes(again, file), content)).toBe(true)
  })

  it('FI-33: by its signal keeps what came, and by a person who cancels nothing', async () => {
    const from = await scene()
    const guest = await reader()
    const aborted = await fetchSome(guest, from, sizeBytes / 4)
    aborted.stop.abort()
    expect(await aborted.outcome).toMatchObject({ name: 'AbortError' })
    expect(aborted.sink.state).toBe('aborted')
    expect(last(guest)?.state.kind).toBe('interrupted')
    expect(await kept(guest.shards)).toBeGreaterThan(sizeBytes / 5)

    const cancelled = await fetchSome(guest, from, sizeBytes / 3)
    guest.files.cancel(last(guest)?.id ?? '')
    expect(await cancelled.outcome).toMatchObject({ name: 'AbortError' })
    expect(last(guest)?.state.kind).toBe('cancelled')
    expect(await kept(guest.shards)).toBe(0)
  })

  it('FI-33: and is then given up leaves nothing', async () => {
    const from = await scene()
    const guest = await reader()
    const aborted = await fetchSome(guest, from, sizeBytes / 4)
    aborted.stop.abort()
    await aborted.outcome
    guest.files.cancel(last(guest)?.id ?? '')
    await settle(10)
    expect(last(guest)?.state.kind).toBe('cancelled')
    expect(await kept(guest.shards)).toBe(0)
  })

  it('FI-33: pieces that rotted meanwhile are fetched again', async () => {
    const from = await scene()
    const { file } = from
    const { shards } = createMemoryStorage()
    const first = await reader({ shards })
    const { outcome, stop } = await fetchSome(first, from, sizeBytes / 2)
    stop.abort()
    await outcome
    const [record] = (await shards.files(first.room.id)).filter(({ state }) => state === 'partial')
    if (record === undefined) throw new Error('nothing kept')
    const rotten = await shards.piece(record.id, 3, 0)
    if (rotten === undefined) throw new Error('not kept')
    rotten.bytes[77] = (rotten.bytes[77] ?? 0) ^ 1
    await shards.putPieces(record.id, [rotten])
    from.supply.allow()
    expect(equalBytes(await fetchBytes(first, file), content)).toBe(true)
  })

  it('FI-33: is forgotten after a week, and a record that is damaged at once', async () => {
    const from = await scene()
    const { file } = from
    const { shards } = createMemoryStorage()
    const first = await reader({ shards })
    const { outcome, stop } = await fetchSome(first, from, sizeBytes / 4)
    stop.abort()
    await outcome
    await kill(first)
    const [record] = (await shards.files(first.room.id)).filter(({ state }) => state === 'partial')
    if (record === undefined) throw new Error('nothing kept')
    const addedAt = party.clock.now() - keptForMs
    const damaged = { ...record, id: 'z'.repeat(43) as FileId, manifest: randomBytes(50) }
    await shards.putFile(damaged)
    await shards.putPieces(damaged.id, [
      { segment: 0, shard: 0, bytes: new Uint8Array(9), path: new Uint8Array(0) },
    ])
    const again = await reader({ shards })
    expect(again.files.transfers().map(({ file: id }) => id)).toEqual([file])
    expect(await shards.file(damaged.id)).toBeUndefined()
    await kill(again)
    await shards.putFile({ ...record, addedAt })
    const late = await reader({ shards })
    expect(late.files.transfers()).toEqual([])
    expect(await kept(shards)).toBe(0)
  })

  it('FI-33: what is kept is no holding: it is not signed for, not given to others, and not in the budget', async () => {
    const from = await scene()
    const { owner, file } = from
    const guest = await reader({ budgetBytes: 600_000 })
    const { stop, outcome } = await fetchSome(guest, from, sizeBytes / 2)
    const accounts = (): unknown[] =>
      owner.view(file)?.durability.holdings.map(({ account }) => account) ?? []
    expect(accounts()).toEqual([owner.account])
    expect(guest.view(file)).toMatchObject({ isLocal: false, keptBytes: 0 })
    from.supply.allow()
    const small = await owner.files.share(memorySource(randomBytes(500_000, 5)))
    await until(() => guest.view(small)?.isLocal === true, 'room in the budget')
    stop.abort()
    await outcome
  })

  it('FI-33: a fetch that another tab runs is shown as interrupted for two minutes at most', async () => {
    const from = await scene()
    const { shards } = createMemoryStorage()
    const first = await reader({ shards })
    const { stop, outcome } = await fetchSome(first, from, sizeBytes / 4)
    const second = await party.guest('second tab', { person: 70, budgetBytes: 0, shards })
    expect(last(second)?.state.kind).toBe('interrupted')
    from.supply.allow()
    await party.clock.advance(125_000)
    await outcome
    expect(last(first)?.state.kind).toBe('done')
    expect(second.files.transfers()).toEqual([])
    stop.abort()
  })
})

/** The n-th write of anything but a removal finds the disk full. */
function refuseWrite(n: number): Fault {
  return (verb, count) => (verb !== 'deleteFile' && count === n ? new QuotaExceededError('full') : undefined)
}

describe('keeping pieces', () => {
  it('FI-33: a disk that refuses at any write never harms the fetch, and nothing is left', async () => {
    const { file } = await scene(content.slice(0, 9_000_000))
    for (let n = 0; n < 8; n++) {
      const { shards } = createMemoryStorage()
      const refusing = faultyStore(shards, refuseWrite(n))
      const guest = await party.guest(`late${String(n)}`, { budgetBytes: 0, shards: refusing })
      const bytes = await fetchBytes(guest, file)
      expect(equalBytes(bytes, content.slice(0, 9_000_000)), `refused at write ${String(n)}`).toBe(true)
      expect(await kept(shards)).toBe(0)
      await guest.leave()
    }
  })

  it('FI-33: is not done when half of the free space would not do, and the state says so', async () => {
    const { file } = await scene(content.slice(0, 9_000_000))
    for (const [freeBytes, isKept] of [
      [17_000_000, false],
      [20_000_000, true],
    ] as const) {
      const space = (): Promise<{ usageBytes: number; quotaBytes: number }> =>
        Promise.resolve({ usageBytes: 5, quotaBytes: 5 + freeBytes })
      const guest = await party.guest(`late${String(freeBytes)}`, { budgetBytes: 0, space })
      const told = new Set<unknown>()
      guest.files.events.on('transfer:changed', ({ transfer: { state } }) => {
        if (state.kind === 'fetching' && state.holders !== undefined) told.add(state.isKept)
      })
      await fetchBytes(guest, file)
      expect([...told]).toEqual([isKept])
      await guest.leave()
    }
  })
})

describe('pausing', () => {
  it('FI-34: nothing more is asked for while paused, and it goes on from there', async () => {
    const from = await scene()
    const guest = await reader()
    const heard: TransferState['kind'][] = []
    guest.files.events.on('transfer:changed', ({ transfer }) => {
      if (heard.at(-1) !== transfer.state.kind) heard.push(transfer.state.kind)
    })
    const { outcome, sink } = await fetchSome(guest, from, sizeBytes / 4)
    const { id } = last(guest) ?? { id: '' }
    guest.files.pause(id)
    guest.files.pause(id)
    from.supply.allow()
    await settle(300)
    const [servedBefore, writtenBefore] = [from.supply.served, sink.bytes().byteLength]
    await party.clock.advance(90_000)
    expect(from.supply.served).toBe(servedBefore)
    expect(sink.bytes().byteLength).toBe(writtenBefore)
    expect(last(guest)?.state).toMatchObject({ kind: 'paused', progress: { totalBytes: sizeBytes } })
    guest.files.resume(id)
    expect(await outcome).toBe('done')
    expect(equalBytes(sink.bytes(), content)).toBe(true)
    expect(heard).toEqual(['fetching', 'paused', 'fetching', 'done'])
  })

  it('FI-34: a paused fetch can be cancelled, and leaving the room keeps what came', async () => {
    const from = await scene()
    const { shards } = createMemoryStorage()
    const guest = await reader({ shards })
    const first = await fetchSome(guest, from, sizeBytes / 4)
    guest.files.pause(last(guest)?.id ?? '')
    guest.files.cancel(last(guest)?.id ?? '')
    expect(await first.outcome).toMatchObject({ name: 'AbortError' })
    expect(last(guest)?.state.kind).toBe('cancelled')

    const second = await fetchSome(guest, from, sizeBytes / 4)
    guest.files.pause(last(guest)?.id ?? '')
    await guest.leave()
    expect(await second.outcome).toMatchObject({ name: 'AbortError' })
    expect(await kept(shards)).toBeGreaterThan(sizeBytes / 5)
  })

  it('FI-34: retry runs a failed fetch again in its row, from what came', async () => {
    const { file, supply } = await scene()
    const guest = await reader()
    const sink = new MemorySink()
    const write = sink.write.bind(sink)
    sink.write = (bytes) =>
      sink.bytes().byteLength > sizeBytes / 2 ? Promise.reject(new Error('unplugged')) : write(bytes)
    await expect(guest.files.fetch(file, sink)).rejects.toThrow('unplugged')
    const row = last(guest)
    expect(row?.state).toMatchObject({ kind: 'failed', message: 'unplugged' })
    const before = supply.served
    const good = new MemorySink()
    await guest.files.retry(row?.id ?? '', good)
    expect(equalBytes(good.bytes(), content)).toBe(true)
    expect(supply.served - before).toBeLessThan(90)
    expect(guest.files.transfers().map(({ id, state }) => [id, state.kind])).toEqual([[row?.id, 'done']])
  })

  it('FI-34: what is not known, or runs, cannot be tried again', async () => {
    const from = await scene()
    const { owner } = from
    const guest = await reader()
    const share = owner.files.transfers()[0]?.id ?? ''
    for (const [who, id] of [
      [guest, 'nothing'],
      [owner, share],
    ] as const) {
      await expect(who.files.retry(id, new MemorySink())).rejects.toMatchObject({
        name: 'UnknownTransferError',
      })
    }
    const { outcome, stop } = await fetchSome(guest, from, 1)
    await expect(guest.files.retry(last(guest)?.id ?? '', new MemorySink())).rejects.toMatchObject({
      name: 'TransferRunningError',
    })
    stop.abort()
    await outcome
  })
})
