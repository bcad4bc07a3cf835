import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bytes } from '../base/bytes.ts'
import { systemClock } from '../base/clock.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { authorRate, floodCatchUpEntries, maxQueuedBytes, maxQueuedItems } from './constants.ts'
import { decodeEntry } from './entry.ts'
import { encodeGossip } from './gossip.ts'
import { LiveQueue } from './live-queue.ts'
import { ChatHouse, heardBy, houseRoom, rowOf, say, textsOf, type Tab } from './testing/chat-house.ts'
import { after, entryFields, signFields } from './testing/forge.ts'
import type { AccountId } from '../base/ids.ts'
import { ManualClock } from '../base/testing/manual-clock.ts'

let house: ChatHouse
beforeEach(() => {
  house = new ChatHouse()
})
afterEach(() => house.stop())

/** A valid log of `count` entries of an account. */
async function longLog(seed: number, count: number, text = 'spam'): Promise<Bytes[]> {
  const author = await testIdentity(seed)
  const log: Bytes[] = []
  let place = {}
  for (let i = 0; i < count; i++) {
    const body = { kind: 'text', text: `${text} ${String(i)}` }
    const bytes = await signFields(
      author,
      entryFields(author, { ...place, time: [Date.UTC(2026, 0, 15, 12), 0], body }),
    )
    place = after(decodeEntry(bytes, houseRoom))
    log.push(bytes)
  }
  return log
}

describe('a member who sends 10,000 messages in a second', () => {
  let spam: Bytes[]
  let bert: Tab
  let anna: Tab
  let mallory: Tab
  beforeAll(async () => {
    spam = await longLog(9, 10_000)
  }, 60_000)
  beforeEach(async () => {
    bert = await house.open(2)
    anna = await house.open(1)
    mallory = await house.open(9)
    await mallory.chat.stop() // speaks by raw gossip from here on
    await house.calm()
  })

  it('CH-9 never holds the event loop, is bounded live, told once a minute, and others get through', async () => {
    let longest = 0
    let last = systemClock.now()
    const heart = setInterval(() => {
      longest = Math.max(longest, systemClock.now() - last)
      last = systemClock.now()
    }, 5)
    for (const [i, bytes] of spam.entries()) {
      await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes }))
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (i === 5_000) await say(anna, 'can you hear me?')
    }
    await house.calm(0)
    clearInterval(heart)
    expect(rowOf(bert.chat, 'can you hear me?').state).toBe('received')
    // The clock stood still: the burst and not one more.
    expect(bert.chat.timeline()).toHaveLength(authorRate.burst + 1)
    expect(heardBy(bert, 'chat:flooded')).toEqual([{ account: mallory.identity.account }])
    expect(longest).toBeLessThan(250)
    await house.calm(30_000)
    expect(heardBy(bert, 'chat:flooded')).toHaveLength(1)
  })

  it('CH-9 what was dropped live comes by catch-up, in bites, after what others said', async () => {
    // Carl holds everything and is asked for it.
    const stores = createMemoryStorage()
    for (const bytes of spam.slice(0, 2_000)) {
      const { author, seq, id, prev } = decodeEntry(bytes, houseRoom)
      await stores.logs.append(houseRoom, { author, seq, id, bytes }, prev)
    }
    for (const bytes of spam.slice(0, 2_000)) {
      await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes }))
    }
    const carl = await house.open(3, { stores })
    await say(carl, 'hello from carl')
    await house.until(() => textsOf(bert.chat).includes('hello from carl'), 'carl is heard')
    await house.calm(0)
    // Both opened a session on meeting; each brought one bite.
    expect(bert.chat.timeline().length).toBeLessThanOrEqual(1 + authorRate.burst + 2 * floodCatchUpEntries)
    await house.until(() => bert.chat.timeline().length === 2_001, 'bert has all in the end', {
      turns: 200,
      stepMs: 1_000,
    })
  })
})

describe('forgeries in a flood', () => {
  it('CH-9 nobody is blamed for messages they did not sign', async () => {
    const bert = await house.open(2)
    const anna = await house.open(1)
    const mallory = await house.open(9)
    await house.calm()
    const forged = await Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        signFields(mallory.identity, entryFields(anna.identity, { body: { kind: 'text', text: String(i) } })),
      ),
    )
    for (const bytes of forged) await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes }))
    await house.calm(100)
    expect(bert.chat.timeline()).toEqual([])
    expect(heardBy(bert, 'chat:flooded')).toEqual([])
    await say(anna, 'it is really me')
    await house.calm(20_000)
    expect(textsOf(bert.chat)).toEqual(['it is really me'])
  })
})

describe('the queue of live items', () => {
  const account = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  const item = (author: Uint8Array, size: number): { kind: 'entry'; bytes: Bytes } => {
    const bytes = new Uint8Array(size)
    bytes.set(author, size - 32)
    return { kind: 'entry', bytes }
  }

  it('CH-9 bounds items by author, strangers together', () => {
    const clock = new ManualClock()
    const dropped: AccountId[] = []
    const queue = new LiveQueue({
      clock,
      isKnown: () => false,
      onDropped: (author) => void dropped.push(author),
    })
    for (let i = 0; i < 200; i++) queue.offer(item(account(i), 200))
    expect(dropped).toHaveLength(200 - authorRate.burst)
    expect(queue.take(1_000)).toHaveLength(authorRate.burst)
  })

  it('CH-9 bounds items and bytes that wait, and refills with time', async () => {
    const clock = new ManualClock()
    const queue = new LiveQueue({ clock, isKnown: () => true, onDropped: () => undefined })
    let taken = 0
    for (let i = 0; i < 256; i++)
      for (let j = 0; j < 10; j++) if (queue.offer(item(account(i), 100))) taken += 1
    expect(taken).toBe(maxQueuedItems)
    queue.take(maxQueuedItems)
    taken = 0
    for (let i = 0; i < 256; i++) if (queue.offer(item(account(i), 70_000))) taken += 1
    expect(taken).toBe(Math.floor(maxQueuedBytes / 70_000))
    queue.take(maxQueuedItems)
    const one = account(255)
    for (let i = 0; i < 100; i++) queue.offer(item(one, 100))
    queue.take(maxQueuedItems)
    expect(queue.offer(item(one, 100))).toBe(false)
    await clock.advance(1_000)
    taken = 0
    for (let i = 0; i < 100; i++) if (queue.offer(item(one, 100))) taken += 1
    expect(taken).toBe(authorRate.perSecond)
  })

  it('CH-9 bounds what one carrier brings, whoever wrote it', () => {
    const clock = new ManualClock()
    const queue = new LiveQueue({ clock, isKnown: () => true, onDropped: () => undefined })
    let taken = 0
    for (let i = 0; i < 250; i++) if (queue.offer(item(account(i), 100), 'carrier' as never)) taken += 1
    expect(taken).toBe(180)
  })
})
