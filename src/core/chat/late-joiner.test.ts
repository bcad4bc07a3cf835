import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { createMemoryStorage, type Stores, type StoredEntry } from '../storage/index.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import { decodeEntry } from './entry.ts'
import { ChatHouse, houseRoom, say, textsOf, type Tab } from './testing/chat-house.ts'
import { after, entryFields, signFields } from './testing/forge.ts'

let house: ChatHouse
beforeEach(() => {
  house = new ChatHouse()
})
afterEach(() => house.stop())

const count = 1_500

/** Stores that hold `count` texts of an author. */
async function longHistory(seed: number): Promise<Stores> {
  const author = await testIdentity(seed)
  const stores = createMemoryStorage()
  const log: StoredEntry[] = []
  let place = {}
  for (let i = 0; i < count; i++) {
    const body = { kind: 'text', text: String(i) }
    const entry = decodeEntry(await signFields(author, entryFields(author, { ...place, body })), houseRoom)
    place = after(entry)
    log.push(entry)
  }
  await stores.logs.appendAll(houseRoom, log, undefined)
  return stores
}

const hasAll =
  (tab: Tab, more = 0) =>
  (): boolean =>
    tab.chat.timeline().length === count + more

describe('a late joiner', { timeout: 60_000 }, () => {
  it('CH-12 stores a long history in a transaction for each answer, in order', async () => {
    const anna = await house.open(1, { stores: await longHistory(1) })
    const writes: string[] = []
    const memory = createMemoryStorage()
    const stores = faultyStores(memory, (verb) => void writes.push(verb))
    const carl = await house.open(3, { stores })
    await house.until(hasAll(carl), 'carl has the history', { turns: 8_000 })
    expect(textsOf(carl.chat)).toEqual(textsOf(anna.chat))
    expect(writes.filter((verb) => verb.startsWith('append')).length).toBeLessThanOrEqual(5)
    const log = await memory.logs.range(houseRoom, anna.identity.account, 0, count + 1)
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  it('CH-12 keeps no part of an answer that does not fit the disk, and takes it when there is space again', async () => {
    await house.open(1, { stores: await longHistory(1) })
    let appends = 0
    let isFull = true
    const memory = createMemoryStorage()
    const stores = faultyStores(memory, (verb) => {
      const fails = isFull && verb === 'appendAll' && ++appends > 1
      return fails ? new QuotaExceededError('full') : undefined
    })
    const carl = await house.open(3, { stores })
    await house.until(() => appends > 1, 'the second answer', { turns: 8_000 })
    await house.calm(0)
    const kept = carl.chat.timeline().length
    expect(kept).toBeGreaterThan(0)
    expect(kept).toBeLessThan(count)
    expect((await memory.logs.heads(houseRoom)).values().next().value?.seq).toBe(kept - 1)
    isFull = false
    await house.until(hasAll(carl), 'carl has the history', { turns: 8_000, stepMs: 50 })
  })

  it('CH-12 two tabs of one person that catch up at once end with one whole log', async () => {
    const anna = await house.open(1, { stores: await longHistory(1) })
    const one = await house.open(3, { slot: 0 })
    const two = await house.open(3, { slot: 1, stores: one.stores })
    await house.until(() => hasAll(one)() && hasAll(two)(), 'both tabs have the history', {
      turns: 8_000,
    })
    await say(anna, 'and now')
    await house.until(() => hasAll(one, 1)() && hasAll(two, 1)(), 'both have the news')
    expect(textsOf(one.chat)).toEqual(textsOf(anna.chat))
    expect(textsOf(two.chat)).toEqual(textsOf(anna.chat))
  })
})
