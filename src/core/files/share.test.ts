import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import { QuotaExceededError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import type { ShardStore } from '../storage/index.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import type { FileSource, Transfer } from './index.ts'
import { fetchBytes, memorySource, Party, randomBytes, textBytes, until } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

const fullSegment = (k: number): number => k * 262_144 - 16

describe('sharing', () => {
  for (const people of [1, 5]) {
    const one = fullSegment(people === 1 ? 1 : 2)
    it.each([0, 1, one, one + 1, 2 * one])(
      `FI-8: %i bytes shared among ${people} come back byte-identical`,
      async (size) => {
        const guests = await party.people(people)
        const [owner] = guests
        const last = guests.at(-1)
        if (owner === undefined || last === undefined) throw new Error('nobody came')
        const bytes = randomBytes(size)
        const file = await owner.files.share(memorySource(bytes))
        expect(owner.view(file)?.isLocal).toBe(true)
        expect(equalBytes(await fetchBytes(last, file), bytes)).toBe(true)
      },
    )
  }

  it('FI-8: posts one card with name, type, size and key, and shows the file at once', async () => {
    const a = await party.guest('a')
    const file = await a.files.share(memorySource(textBytes(50_000), 'čaj\u202Efdp.exe', 'text/plain'))
    expect(party.hub.entries.map(({ body }) => body)).toMatchObject([
      { kind: 'file', file, name: 'čaj\u202Efdp.exe', mediaType: 'text/plain', sizeBytes: 50_000 },
    ])
    expect(a.view(file)).toMatchObject({ name: 'čaj\u202Efdp.exe', owner: a.account, isLocal: true })
    expect(a.view(file)?.durability).toMatchObject({ k: 1, n: 1, survivableLosses: -1, safeToClose: false })
    expect(a.view(file)?.keptBytes).toBeLessThan(50_000)
  })

  it('FI-8: a file larger than the memory for pieces is sealed twice and comes back byte-identical', async () => {
    const a = await party.guest('a')
    const bytes = randomBytes(34_000_000)
    const file = await a.files.share(memorySource(bytes))
    expect(equalBytes(await fetchBytes(a, file), bytes)).toBe(true)
  })

  it('FI-8: a source that changes between the passes is refused and nothing is left', async () => {
    const a = await party.guest('a')
    const bytes = randomBytes(34_000_000)
    let reads = 0
    const source: FileSource = {
      ...memorySource(bytes),
      read: (start, end) => {
        if (++reads > Math.ceil(34_000_000 / fullSegment(1))) bytes[start] = (bytes[start] ?? 0) ^ 1
        return Promise.resolve(bytes.slice(start, end))
      },
    }
    await expect(a.files.share(source)).rejects.toMatchObject({ name: 'SourceChangedError' })
    await expectNothing(a.shards)
  })

  it('FI-8: a source that gives fewer bytes than it said is refused and nothing is left', async () => {
    const a = await party.guest('a')
    const source = { ...memorySource(randomBytes(600_000)), sizeBytes: 700_000 }
    await expect(a.files.share(source)).rejects.toMatchObject({ name: 'SourceChangedError' })
    expect(a.files.transfers().at(-1)?.state).toMatchObject({ kind: 'failed', error: 'SourceChangedError' })
    await expectNothing(a.shards)
  })

  it('FI-8: a card that cannot be posted takes its pieces and its failed row with it', async () => {
    const a = await party.guest('a')
    a.chat.failure = new QuotaExceededError('no room for an entry')
    await expect(a.files.share(memorySource(randomBytes(600_000)))).rejects.toThrow(QuotaExceededError)
    expect(a.chat.timeline()).toEqual([])
    expect(a.files.list()).toEqual([])
    await expectNothing(a.shards)
  })
})

describe('sharing with no space', () => {
  it('FI-8: space is checked first and the need is named', async () => {
    const a = await party.guest('a', { space: () => Promise.resolve({ usageBytes: 900, quotaBytes: 1_000 }) })
    let reads = 0
    const source = {
      ...memorySource(randomBytes(5_000)),
      read: () => Promise.reject(new Error(String(++reads))),
    }
    const error = await a.files.share(source).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(QuotaExceededError)
    expect((error as QuotaExceededError).neededBytes).toBeGreaterThan(5_000)
    expect(reads).toBe(0)
  })

  it('FI-8: a disk that fills up at any write leaves nothing half-shared and the need is named', async () => {
    const bytes = randomBytes(9_000_000)
    let writes = 0
    for (let failAt = 0; failAt < 50; failAt++) {
      writes = 0
      const stores = createMemoryStorage()
      const faulty = faultyStores(stores, (verb) => {
        if (!verb.startsWith('put')) return undefined
        return writes++ === failAt ? new QuotaExceededError('disk is full') : undefined
      })
      const a = await party.guest(`a${failAt}`, { shards: faulty.shards })
      const error = await a.files.share(memorySource(bytes)).catch((thrown: unknown) => thrown)
      await a.leave()
      if (typeof error === 'string') {
        expect(failAt).toBeGreaterThanOrEqual(4) // record, two batches or more, record again
        return
      }
      expect(error).toBeInstanceOf(QuotaExceededError)
      expect((error as QuotaExceededError).neededBytes).toBeGreaterThanOrEqual(9_000_000)
      expect(party.hub.entries).toEqual([])
      await expectNothing(stores.shards)
    }
    throw new Error('no share ever succeeded')
  })
})

describe('cancelling a share', () => {
  it('FI-8: at any step leaves the store as it was, or the whole file', async () => {
    const bytes = randomBytes(3_000_000)
    let cancelled = 0
    let shared = 0
    for (let at = 0; at < 30; at++) {
      const stop = new AbortController()
      let step = 0
      const next = (): void => {
        if (step++ === at) stop.abort()
      }
      const a = await party.guest(`a${at}`, { shards: steppedStore(next) })
      const source = steppedSource(bytes, () => Promise.resolve(next()))
      const result = await a.files.share(source, { signal: stop.signal }).catch((error: unknown) => error)
      if (typeof result === 'string') {
        shared++
        expect(equalBytes(await fetchBytes(a, result as FileId), bytes)).toBe(true)
      } else {
        cancelled++
        expect(result).toMatchObject({ name: 'AbortError' })
        expect(a.files.transfers().at(-1)?.state.kind).toBe('cancelled')
        await expectNothing(a.shards)
      }
      await a.leave()
    }
    expect(cancelled).toBeGreaterThan(5)
    expect(cancelled + shared).toBe(30)
  })

  it('FI-8: by the id of its transfer, as a person does', async () => {
    const a = await party.guest('a')
    a.files.events.on('transfer:changed', ({ transfer }) => {
      if (transfer.state.kind === 'sealing' && transfer.state.progress.doneBytes > 0)
        a.files.cancel(transfer.id)
    })
    const source = steppedSource(randomBytes(4_000_000), () => party.clock.advance(101))
    await expect(a.files.share(source)).rejects.toMatchObject({ name: 'AbortError' })
    await expectNothing(a.shards)
  })

  it('FI-8: a stop of all files cancels it and waits until it is clean', async () => {
    const a = await party.guest('a')
    let begin = (): void => {}
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const source = steppedSource(randomBytes(9_000_000), () => Promise.resolve(begin()))
    const outcome = a.files.share(source).catch((error: unknown) => error)
    await begun
    await a.files.stop()
    await expectNothing(a.shards)
    expect(await outcome).toMatchObject({ name: 'AbortError' })
  })
})

describe('progress of a share', () => {
  it('FI-23: is told at most ten times a second, with rate and time left', async () => {
    const a = await party.guest('a')
    const seen: { at: number; transfer: Transfer }[] = []
    a.files.events.on('transfer:changed', ({ transfer }) => seen.push({ at: party.clock.now(), transfer }))
    const started = party.clock.now()
    await a.files.share(steppedSource(randomBytes(20_000_000), () => party.clock.advance(30)))
    const seconds = (party.clock.now() - started) / 1000
    const sealing = seen.filter(({ transfer }) => transfer.state.kind === 'sealing')
    expect(sealing.length).toBeLessThanOrEqual(seconds * 10 + 2)
    expect(sealing.length).toBeGreaterThan(5)
    const { state } = sealing.at(-1)?.transfer ?? {}
    if (state?.kind !== 'sealing') throw new Error('no progress was told')
    expect(state.progress.bytesPerSecond).toBeGreaterThan(1_000_000)
    expect(state.progress.secondsLeft).toBeGreaterThanOrEqual(0)
    expect(seen.at(-1)?.transfer).toMatchObject({ state: { kind: 'done' }, direction: 'share' })
  })
})

describe('unfinished files of a closed tab', () => {
  it('FI-9: are removed at start once stale, and later when they were young', async () => {
    const { shards } = createMemoryStorage()
    const room = 'AAAAAAAAAAAAAAAAAAAAAA' as never
    const record = { room, manifest: new Uint8Array(1), own: true, state: 'partial' } as const
    const piece = { segment: 0, shard: 0, bytes: new Uint8Array(9), path: new Uint8Array(0) }
    for (const [id, age] of [
      ['old', 120_000],
      ['young', 119_000],
    ] as const) {
      await shards.putFile({ ...record, id: id as FileId, addedAt: party.clock.now() - age })
      await shards.putPieces(id as FileId, [piece])
    }
    await party.guest('a', { shards })
    expect((await shards.files(room)).map(({ id }) => id)).toEqual(['young'])
    await party.clock.advance(120_000)
    await expectNothing(shards)
  })

  it('FI-9: another tab of the same profile leaves a running share alone', async () => {
    const a = await party.guest('a', { person: 1 })
    const bytes = randomBytes(16_000_000)
    const sharing = a.files.share(memorySource(bytes))
    await until(() => a.files.transfers().length === 1)
    await settle(20)
    const b = await party.guest('b', { person: 1, shards: a.shards })
    const file = await sharing
    await until(() => b.view(file)?.isLocal === true)
    expect(equalBytes(await fetchBytes(b, file), bytes)).toBe(true)
  })
})

async function expectNothing(shards: ShardStore): Promise<void> {
  expect(await shards.files('AAAAAAAAAAAAAAAAAAAAAA' as never)).toEqual([])
  expect((await shards.usage()).totalBytes).toBe(0)
}

/** A source that does something before each read. */
/** A store that tells of each write before it happens. */
function steppedStore(before: () => void): ShardStore {
  const { shards } = createMemoryStorage()
  const [putFile, putPieces] = [shards.putFile.bind(shards), shards.putPieces.bind(shards)]
  return Object.assign(shards, {
    putFile: (...args: Parameters<typeof putFile>) => (before(), putFile(...args)),
    putPieces: (...args: Parameters<typeof putPieces>) => (before(), putPieces(...args)),
  })
}

function steppedSource(bytes: Bytes, before: () => Promise<void>): FileSource {
  return {
    ...memorySource(bytes),
    read: async (start, end) => {
      await before()
      return bytes.slice(start, end)
    },
  }
}
