import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { FileId } from '../base/ids.ts'
import type { StoredPiece } from '../storage/index.ts'
import { firstCreditBytes } from './constants.ts'
import type { FilesEvents, HolderState } from './index.ts'
import {
  fetchBytes,
  memorySource,
  MemorySink,
  Party,
  randomBytes,
  until,
  type Guest,
} from './testing/party.ts'
import { holding, Rogue } from './testing/rogue.ts'

const pieceBytes = 262_144
const bytes = randomBytes(9_000_000)
const pieces = Math.ceil(bytes.byteLength / (pieceBytes - 16))

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

interface Scene {
  readonly file: FileId
  readonly owner: Guest
  readonly rogue: Rogue
  readonly late: Guest
  readonly blames: FilesEvents['holder:blamed'][]
}

/** An honest holder, one that gives each piece in its own way, and somebody who keeps nothing and fetches. */
async function scene(
  give: (piece: StoredPiece) => Promise<StoredPiece | undefined>,
  shared: Bytes = bytes,
): Promise<Scene> {
  const owner = await party.guest('owner')
  const file = await owner.files.share(memorySource(shared))
  const rogue = await Rogue.join(party, 'rogue', 99, holding([0], owner.shards, file, give))
  const late = await party.guest('late', { budgetBytes: 0 })
  await until(() => (late.view(file)?.durability.holdings.length ?? 0) === 2, 'both claim to hold')
  const blames: FilesEvents['holder:blamed'][] = []
  late.files.events.on('holder:blamed', (blame) => blames.push(blame))
  return { file, owner, rogue, late, blames }
}

function wants(rogue: Rogue): number {
  return rogue.heard.filter(({ type }) => type === 'want').length
}

/** How the fetch's holders do, as last told. */
function holdersOf(guest: Guest): readonly HolderState[] {
  const state = guest.files.transfers().at(-1)?.state
  return state?.kind === 'fetching' ? (state.holders ?? []) : []
}

/** A holder's hand that waits on the party's clock. */
function slowly(delayMs: number): (piece: StoredPiece) => Promise<StoredPiece> {
  return (piece) => new Promise((resolve) => void party.clock.after(delayMs, () => resolve(piece)))
}

/** Lets the fetch work while time passes in small steps, at most so long. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 250) {
    await settle(20)
    await party.clock.advance(250)
  }
  await settle(20)
}

/** Fetches while time passes; the bytes once they are all there. */
async function fetchWithin(guest: Guest, file: FileId, ms: number): Promise<Bytes | undefined> {
  let got: Bytes | undefined
  const fetching = fetchBytes(guest, file).then((all) => (got = all))
  await pass(ms)
  void fetching
  return got
}

describe('many holders at once', () => {
  it('FI-32: what a silent holder owes comes from another within two seconds, and it is not blamed', async () => {
    const { file, late, rogue, blames } = await scene(() => Promise.resolve(undefined))
    const got = await fetchWithin(late, file, 2_000)
    expect(got !== undefined && equalBytes(got, bytes)).toBe(true)
    expect(wants(rogue)).toBeLessThanOrEqual(firstCreditBytes / pieceBytes)
    expect(blames).toEqual([])
  })

  it('FI-32: what a slow holder owes comes from a quick one within two seconds', async () => {
    // One piece in 1.5 s: never silent for long enough to be given up, far too slow all the same.
    const { file, late, rogue, blames } = await scene(slowly(900))
    const got = await fetchWithin(late, file, 3_000)
    expect(got !== undefined && equalBytes(got, bytes)).toBe(true)
    expect(wants(rogue)).toBeLessThan(10)
    expect(blames).toEqual([])
  })

  it('FI-32: a slow holder that is the only one is asked for no more than its credit ahead', async () => {
    const { file, late, owner, rogue } = await scene(slowly(400))
    party.rooms.part(owner.room, late.room)
    const sink = new MemorySink()
    const outcome = late.files.fetch(file, sink)
    for (let step = 0; step < 20; step++) {
      await pass(500)
      const given = Math.floor(sink.bytes().byteLength / (pieceBytes - 16))
      expect(wants(rogue) - given).toBeLessThanOrEqual(firstCreditBytes / pieceBytes + 1)
    }
    await pass(10_000)
    await outcome
    expect(equalBytes(sink.bytes(), bytes)).toBe(true)
    expect(wants(rogue)).toBe(pieces)
  })

  it.each([
    ['long', 36_000_000, 3],
    ['short', 9_000_000, 1],
  ])('FI-87: the only holder of a %s fetch is asked over lines enough', async (_, sizeBytes, lines) => {
    const everyMs = 45
    const { file, late, owner, rogue } = await scene(slowly(everyMs), randomBytes(sizeBytes))
    party.rooms.part(owner.room, late.room)
    const cancel = new AbortController()
    const outcome = late.files.fetch(file, new MemorySink(), { signal: cancel.signal })
    for (let at = 0; at < 1_600; at += everyMs) {
      await settle(20)
      await party.clock.advance(everyMs)
    }
    expect(rogue.heard.filter(({ type }) => type === 'pieces')).toHaveLength(lines)
    cancel.abort()
    await outcome.catch(() => undefined) // the short one is over already
  })

  it('FI-32: tells of each holder what it gave and how it does', async () => {
    const { file, late, owner, rogue } = await scene(() => Promise.resolve(undefined))
    const told = new Map<string, HolderState[]>()
    late.files.events.on('transfer:changed', () => {
      for (const holder of holdersOf(late)) {
        told.set(holder.account, [...(told.get(holder.account) ?? []), holder])
      }
    })
    await fetchWithin(late, file, 2_000)
    // What the silent one owed comes last, and the fetch is over with it.
    expect(told.get(owner.account)?.at(-1)?.receivedBytes).toBeGreaterThan(
      bytes.byteLength - firstCreditBytes,
    )
    const rogueStates = told.get(rogue.identity.account) ?? []
    expect(rogueStates.map(({ kind }) => kind)).toContain('silent')
    expect(rogueStates.at(-1)?.receivedBytes).toBeLessThan(1_000)
  })

  it('FI-19: what a lying holder owes comes from another at once', async () => {
    const { file, late, blames } = await scene((piece) => {
      return Promise.resolve({ ...piece, bytes: new Uint8Array(piece.bytes.length) })
    })
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
    expect(blames.map(({ error }) => error)).toEqual(['CorruptPieceError'])
  })
})
