import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../base/testing/manual-clock.ts'
import type { AccountId, EntryId } from '../base/ids.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { maxFollowedAheadMs, maxShownAheadMs } from './constants.ts'
import { decodeEntry } from './entry.ts'
import { HybridClock, compareTimes, maxCounter } from './hybrid-clock.ts'
import { ChatHouse, houseRoom, rowOf, say, textsOf } from './testing/chat-house.ts'
import { after, entryFields, signFields } from './testing/forge.ts'
import { Timeline, type Row } from './timeline.ts'
import { encodeGossip } from './gossip.ts'

function row(wall: number, counter: number, author: string, seq: number): Row {
  const key = [wall, counter, author, seq].join('/')
  return {
    time: { wall, counter },
    author: author as AccountId,
    seq,
    entry: {
      key,
      id: key as EntryId,
      author: author as AccountId,
      own: false,
      at: wall,
      body: { kind: 'text', text: key },
      state: 'received',
      deliveredTo: [],
    },
  }
}

describe('the timeline', () => {
  it('CH-4 is in order of hybrid time, author, position, in whatever batches rows come', () => {
    const rows = fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(2), fc.constantFrom('a', 'b', 'c'), fc.nat(4)), {
      selector: String,
      maxLength: 300,
    })
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), (all, sizes) => {
        const timeline = new Timeline()
        const made = all.map((it) => row(...it))
        for (let i = 0, at = 0; at < made.length; i++) {
          const size = sizes[i % sizes.length] ?? 1
          timeline.add(made.slice(at, at + size))
          at += size
        }
        const sorted = [...all].sort(
          ([w, c, a, s], [W, C, A, S]) => w - W || c - C || (a < A ? -1 : a > A ? 1 : s - S),
        )
        expect(timeline.entries().map(({ key }) => key)).toEqual(sorted.map((it) => row(...it).entry.key))
        for (const { entry } of made) timeline.remove(entry.key)
        expect(timeline.entries()).toEqual([])
      }),
    )
  })

  it('gives a new array after a change and the same one between changes', () => {
    const timeline = new Timeline()
    timeline.add([row(1, 0, 'a', 0)])
    const before = timeline.entries()
    expect(timeline.entries()).toBe(before)
    timeline.add([row(0, 0, 'a', 0)])
    expect(before).toHaveLength(1)
    expect(timeline.entries().map(({ at }) => at)).toEqual([0, 1])
  })
})

describe('the hybrid clock', () => {
  it('CH-4 gives later times always, also when the wall clock jumps back or stands still', async () => {
    const clock = new ManualClock()
    const hybrid = new HybridClock(clock)
    let last = hybrid.tick()
    for (let i = 0; i < maxCounter + 10; i++) {
      const next = hybrid.tick()
      expect(compareTimes(next, last)).toBeGreaterThan(0)
      expect(next.counter).toBeLessThanOrEqual(maxCounter)
      last = next
    }
    const past = new HybridClock({ now: () => 5.5, after: () => () => undefined })
    past.observe({ wall: 100, counter: 3 })
    expect(past.tick()).toEqual({ wall: 100, counter: 4 })
    await clock.advance(1_000_000)
    expect(hybrid.tick()).toEqual({ wall: clock.now(), counter: 0 })
  })

  it('CH-4 does not follow a stamp more than ten minutes ahead', () => {
    const clock = new ManualClock()
    const hybrid = new HybridClock(clock)
    hybrid.observe({ wall: clock.now() + maxFollowedAheadMs + 1, counter: 0 })
    expect(hybrid.tick().wall).toBe(clock.now())
    hybrid.observe({ wall: clock.now() + maxFollowedAheadMs, counter: 0 })
    expect(hybrid.tick()).toEqual({ wall: clock.now() + maxFollowedAheadMs, counter: 1 })
  })

  it('CH-4 an answer stands after what it answers though its author’s clock is five minutes behind, and no time shows far ahead', async () => {
    const house = new ChatHouse()
    const bert = await house.open(2)
    const carl = await house.open(3)
    await house.calm()
    const ahead = await testIdentity(9)
    for (const [wall, text] of [
      [house.clock.now() + 300_000, 'question'],
      [house.clock.now() + 86_400_000, 'from tomorrow'],
    ] as const) {
      const author = text === 'question' ? ahead : await testIdentity(8)
      const bytes = await signFields(
        author,
        entryFields(author, { time: [wall, 0], body: { kind: 'text', text } }),
      )
      await carl.room.publish('chat', encodeGossip({ kind: 'entry', bytes }))
    }
    await house.calm(100)
    await say(bert, 'answer')
    await house.calm(100)
    expect(textsOf(bert.chat)).toEqual(['question', 'answer', 'from tomorrow'])
    for (const text of ['question', 'from tomorrow']) {
      expect(rowOf(bert.chat, text).at).toBeLessThanOrEqual(house.clock.now() + maxShownAheadMs)
    }
    await house.stop()
  })
})

describe('starting', () => {
  it('CH-14 loads 10,000 stored entries of five authors in under a second, in order, as one batch', async () => {
    const stores = createMemoryStorage()
    for (let a = 1; a <= 5; a++) {
      const author = await testIdentity(a)
      let place = {}
      for (let i = 0; i < 2_000; i++) {
        const time = [Date.UTC(2026, 0, 1) + i * 5 + a, 0]
        const fields = entryFields(author, {
          ...place,
          time,
          body: { kind: 'text', text: `${String(a)}/${String(i)}` },
        })
        // Bytes of our own store are not verified again: a filler signature saves the test two seconds.
        const bytes = await signFields({ ...author, sign: () => Promise.resolve(new Uint8Array(64)) }, fields)
        const entry = decodeEntry(bytes, houseRoom)
        place = after(entry)
        await stores.logs.append(
          houseRoom,
          { author: author.account, seq: i, id: entry.id, bytes },
          entry.prev,
        )
      }
    }
    const house = new ChatHouse()
    const tab = await house.open(1, { stores, isStarted: false })
    const start = performance.now()
    await tab.chat.start()
    const tookMs = performance.now() - start
    expect(tab.chat.timeline()).toHaveLength(10_000)
    expect(textsOf(tab.chat).slice(0, 6)).toEqual(['1/0', '2/0', '3/0', '4/0', '5/0', '1/1'])
    expect(tab.heard.map(({ name }) => name)).toEqual(['chat:appended'])
    expect(tookMs).toBeLessThan(1_000)
    await house.stop()
  })
})
