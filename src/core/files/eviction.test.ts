import { afterEach, describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import { planEviction, type EvictionCandidate } from './eviction.ts'
import type { SpaceEstimate, SpaceQuestion } from './index.ts'
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

  it('FI-82: what is being read stays until its reader is closed', async () => {
    const a = await party.guest('a', smallDisk(1_500_000))
    for (const name of ['b', 'c', 'd']) await party.guest(name)
    const first = await a.files.share(memorySource(randomBytes(900_000)))
    await until(() => (a.view(first)?.durability.survivableLosses ?? 0) >= 1)
    const reader = await a.files.openReader(first)
    await expect(a.files.share(memorySource(randomBytes(800_000, 2)))).rejects.toThrow(QuotaExceededError)
    expect(held(a, first)).toBeGreaterThan(0)
    reader.close()
    await a.files.share(memorySource(randomBytes(800_000, 2)))
    expect(held(a, first)).toBe(0)
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

describe('a share that fits only without files that are needed here', () => {
  /** A device with room for one and a half files, holding one that nobody else has. */
  async function full(): Promise<{ a: Guest; first: FileId; bytes: Uint8Array }> {
    const a = await party.guest('a', smallDisk(1_500_000))
    const bytes = randomBytes(900_000)
    const first = await a.files.share(memorySource(bytes, 'only here.bin'))
    return { a, first, bytes }
  }
  const more = (): ReturnType<typeof memorySource> => memorySource(randomBytes(800_000, 2), 'more.bin')

  it('FI-85: asks, naming them and what is lost, and lets go on yes', async () => {
    const { a, first } = await full()
    const asked: SpaceQuestion[] = []
    a.files.setAskAboutSpace((question) => Promise.resolve(asked.push(question) > 0))
    const second = await a.files.share(more())
    const [question] = asked
    expect(question).toMatchObject({
      kind: 'release',
      files: [{ file: first, name: 'only here.bin', own: true, cost: 'lost' }],
    })
    expect([held(a, first), held(a, second) > 0]).toEqual([0, true])
  })

  it('FI-85: no leaves all, and says what was needed and free', async () => {
    const { a, first, bytes } = await full()
    a.files.setAskAboutSpace(() => Promise.resolve(false))
    await expect(a.files.share(more())).rejects.toThrow(QuotaExceededError)
    expect(await fetchBytes(a, first)).toEqual(bytes)
  })

  it('FI-85: no answer within ten minutes is no, and the question is taken back', async () => {
    const { a, first } = await full()
    let over = false
    a.files.setAskAboutSpace((_, signal) => {
      signal.addEventListener('abort', () => (over = true))
      return new Promise(() => undefined)
    })
    const sharing = a.files.share(more()).catch((error: unknown) => error)
    await settle(20)
    await party.clock.advance(10 * 60_000)
    expect(await sharing).toBeInstanceOf(QuotaExceededError)
    expect([over, held(a, first) > 0]).toEqual([true, true])
  })

  it('FI-85: a share cancelled while it asks ends at once and takes nothing', async () => {
    const { a, first } = await full()
    const stop = new AbortController()
    a.files.setAskAboutSpace(() => {
      stop.abort()
      return new Promise(() => undefined)
    })
    await expect(a.files.share(more(), { signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(held(a, first)).toBeGreaterThan(0)
  })

  it('FI-85: says when others have it until one more is lost', async () => {
    const a = await party.guest('a', smallDisk(1_500_000))
    await party.guest('b')
    const first = await a.files.share(memorySource(randomBytes(900_000)))
    await until(() => a.view(first)?.durability.survivableLosses === 0)
    const costs: string[] = []
    a.files.setAskAboutSpace((question) => {
      if (question.kind === 'release') costs.push(...question.files.map(({ cost }) => cost))
      return Promise.resolve(true)
    })
    await a.files.share(more())
    expect([costs, held(a, first)]).toEqual([['fragile'], 0])
  })

  it('FI-85: does not ask when even that would not be enough', async () => {
    const { a } = await full()
    let asked = 0
    a.files.setAskAboutSpace(() => Promise.resolve(++asked > 0))
    await expect(a.files.share(memorySource(randomBytes(1_600_000, 3)))).rejects.toThrow(QuotaExceededError)
    expect(asked).toBe(0)
  })

  it('FI-84: keeping a file asks as well, and keeps what it already has of it', async () => {
    const b = await party.guest('b')
    const { a, first } = await full()
    const theirs = await b.files.share(memorySource(randomBytes(800_000, 5), 'theirs.bin'))
    await until(() => a.view(theirs) !== undefined)
    const asked: SpaceQuestion[] = []
    a.files.setAskAboutSpace((question) => Promise.resolve(asked.push(question) > 0))
    await a.files.keep(theirs)
    expect(asked).toMatchObject([{ kind: 'release', files: [{ file: first }] }])
    expect(a.view(theirs)?.isLocal).toBe(true)
  })
})

describe('a share that leaves little space', () => {
  const roomy = (): ReturnType<typeof smallDisk> => smallDisk(10_000_000)
  const large = (seed: number, bytes = 9_700_000): ReturnType<typeof memorySource> =>
    memorySource(randomBytes(bytes, seed), 'large.bin')

  it('FI-86: says what will be left before anything is read; no ends it as cancelled', async () => {
    const a = await party.guest('a', roomy())
    const asked: SpaceQuestion[] = []
    a.files.setAskAboutSpace((question) => Promise.resolve(asked.push(question) < 0))
    const unread = { ...large(1), read: () => Promise.reject(new Error('read')) }
    await expect(a.files.share(unread)).rejects.toMatchObject({ name: 'AbortError' })
    const [question] = asked
    if (question?.kind !== 'tight') throw new Error('expected to be told')
    expect(question.leftBytes).toBeLessThan(500_000)
    expect(a.files.transfers()).toMatchObject([{ state: { kind: 'cancelled' } }])
  })

  it('FI-86: yes is asked for once, until there was more again', async () => {
    const a = await party.guest('a', roomy())
    let asked = 0
    a.files.setAskAboutSpace(() => Promise.resolve(++asked > 0))
    const first = await a.files.share(large(1))
    await a.files.share(large(2, 1_000))
    expect(asked).toBe(1)
    await a.files.forget(first)
    await a.files.share(large(3, 1_000))
    await a.files.share(large(4))
    expect(asked).toBe(2)
  })

  it('FI-86: nobody to ask holds up nothing, and enough space asks nothing', async () => {
    const a = await party.guest('a', roomy())
    await a.files.share(large(1))
    const b = await party.guest('b', roomy())
    b.files.setAskAboutSpace(() => Promise.resolve(false))
    await b.files.share(large(2, 1_000))
    expect(b.files.list().length).toBeGreaterThan(0)
  })
})
