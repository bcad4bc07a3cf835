import { afterEach, describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import { planEviction, type EvictionCandidate } from './eviction.ts'
import type { SpaceEstimate } from './index.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

const id = (name: string): FileId => name as FileId // the plan takes any text
const kept = (name: string, rest: Partial<EvictionCandidate> = {}): EvictionCandidate => ({
  ...{ id: id(name), keptBytes: 100, spare: 1, own: false, addedAt: 0 },
  ...rest,
})

describe('choosing what to let go of', () => {
  it('FI-80: the least needed goes first, others’ before one’s own, older before newer', () => {
    const candidates = [
      kept('new', { addedAt: 2 }),
      kept('own', { own: true }),
      kept('old', { addedAt: 1 }),
      kept('plenty', { spare: 5, own: true, addedAt: 9 }),
    ]
    expect(planEviction(candidates, 400).free).toEqual(['plenty', 'old', 'new', 'own'])
    expect(planEviction(candidates, 150)).toEqual({ free: ['plenty', 'old'], freedBytes: 200 })
  })

  it('FI-81: what is needed here is never chosen, and nothing is when the rest is not enough', () => {
    const needed = [
      kept('last', { spare: -1, keptBytes: 9_000 }),
      kept('edge', { spare: 0, keptBytes: 9_000 }),
    ]
    expect(planEviction(needed, 1)).toEqual({ free: [], freedBytes: 0 })
    expect(planEviction([...needed, kept('spare')], 101)).toEqual({ free: [], freedBytes: 0 })
    expect(planEviction([...needed, kept('spare')], 100).free).toEqual(['spare'])
  })

  it('FI-80: no more is let go of than needed', () => {
    const candidates = [kept('small', { spare: 3 }), kept('large', { spare: 2, keptBytes: 900 })]
    expect(planEviction(candidates, 900)).toEqual({ free: ['large'], freedBytes: 900 })
    expect(planEviction([kept('empty', { keptBytes: 0 })], 0)).toEqual({ free: [], freedBytes: 0 })
  })
})

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** A disk that has room for `quotaBytes` of pieces. */
function smallDisk(quotaBytes: number): Parameters<Party['guest']>[1] & { readonly space: SpaceEstimate } {
  const stores = createMemoryStorage(quotaBytes)
  return { shards: stores.shards, space: () => stores.estimate() }
}

const held = (guest: Guest, file: FileId): number => guest.view(file)?.keptBytes ?? 0

describe('a share on a device that is full', () => {
  it('FI-80, FI-82: takes the room of files that others hold well enough, and tells them', async () => {
    const a = await party.guest('a', smallDisk(1_500_000))
    const others = [await party.guest('b'), await party.guest('c'), await party.guest('d')]
    const bytes = randomBytes(900_000)
    const first = await a.files.share(memorySource(bytes))
    await until(() => (a.view(first)?.durability.survivableLosses ?? 0) >= 1)
    const second = await a.files.share(memorySource(randomBytes(800_000, 2)))
    expect([held(a, first), held(a, second) > 0]).toEqual([0, true])
    await until(() =>
      others.every((other) => {
        const { holdings } = other.view(first)?.durability ?? { holdings: [] }
        return !holdings.some(({ account }) => account === a.account)
      }),
    )
    expect(await fetchBytes(others[0] ?? a, first)).toEqual(bytes)
  })

  it('FI-81, FI-83: never takes the last needed pieces of a file, and names what is needed and what is free', async () => {
    const a = await party.guest('a', smallDisk(1_500_000))
    const bytes = randomBytes(900_000)
    const first = await a.files.share(memorySource(bytes))
    let reads = 0
    const source = {
      ...memorySource(randomBytes(800_000, 2)),
      read: () => Promise.reject(new Error(String(++reads))),
    }
    const error = await a.files.share(source).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QuotaExceededError)
    const { neededBytes = 0, freeBytes = 0 } = error as QuotaExceededError
    expect(neededBytes).toBeGreaterThan(800_000)
    expect(freeBytes).toBeLessThan(600_000)
    expect(reads).toBe(0)
    expect(await fetchBytes(a, first)).toEqual(bytes)
  })

  it('FI-81: with one other holder only, the file is needed here', async () => {
    const a = await party.guest('a', smallDisk(1_500_000))
    await party.guest('b')
    const first = await a.files.share(memorySource(randomBytes(900_000)))
    await until(() => a.view(first)?.durability.survivableLosses === 0)
    await expect(a.files.share(memorySource(randomBytes(800_000, 2)))).rejects.toThrow(QuotaExceededError)
    expect(held(a, first)).toBeGreaterThan(0)
  })

  it('FI-80: a file that cannot be removed stays, and the share is refused', async () => {
    const stores = createMemoryStorage(1_500_000)
    const faulty = faultyStores(stores, (verb) =>
      verb === 'deleteFile' ? new Error('the disk is stuck') : undefined,
    )
    const a = await party.guest('a', { shards: faulty.shards, space: () => stores.estimate() })
    for (const name of ['b', 'c', 'd']) await party.guest(name)
    const first = await a.files.share(memorySource(randomBytes(900_000)))
    await until(() => (a.view(first)?.durability.survivableLosses ?? 0) >= 1)
    await expect(a.files.share(memorySource(randomBytes(800_000, 2)))).rejects.toThrow(QuotaExceededError)
    expect((await stores.shards.held(first)).size).toBeGreaterThan(0)
  })
})
