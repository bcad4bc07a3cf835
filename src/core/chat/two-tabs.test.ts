import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogStore } from '../storage/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { decodeEntry } from './entry.ts'
import { encodeGossip } from './gossip.ts'
import { entryFields, signFields } from './testing/forge.ts'
import { ChatHouse, heardBy, houseRoom, say, seededRandom, textsOf } from './testing/chat-house.ts'

let house: ChatHouse
beforeEach(() => {
  house = new ChatHouse()
})
afterEach(() => house.stop())

/** A log store that answers after a few turns of the event loop, like a database, as many as `turns` says. */
function slow(logs: LogStore, turns: () => number): LogStore {
  const wait = async (): Promise<void> => {
    for (let i = turns(); i > 0; i--) await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  return new Proxy(logs, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        await wait()
        const result: unknown = await Reflect.apply(value, target, args)
        await wait()
        return result
      }
    },
  })
}

describe('two tabs of one account', () => {
  it.each([1, 2, 3])('CH-5 append 200 each at once to one unbroken log (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const turns = (): number => Math.floor(random() * 3)
    const left = await house.open(1, { slot: 0, isStarted: false })
    await house.close(left)
    const one = await house.open(1, { slot: 0, stores: left.stores, logs: slow(left.stores.logs, turns) })
    const two = await house.open(1, { slot: 1, stores: left.stores, logs: slow(left.stores.logs, turns) })
    const bert = await house.open(2)
    await house.calm()
    const sent: Promise<unknown>[] = []
    for (let i = 0; i < 200; i++) sent.push(say(one, `one ${String(i)}`), say(two, `two ${String(i)}`))
    await Promise.all(sent)
    const log = await left.stores.logs.range(houseRoom, one.identity.account, 0, 1_000)
    expect(log).toHaveLength(400)
    const entries = log.map(({ bytes }) => decodeEntry(bytes, houseRoom))
    for (const [i, entry] of entries.entries()) {
      expect(entry.seq).toBe(i)
      expect(entry.prev).toBe(entries[i - 1]?.id)
    }
    const said = entries.map(({ body }) => (body?.kind === 'text' ? body.text : ''))
    for (const tab of ['one', 'two']) {
      const own = said.filter((text) => text.startsWith(tab))
      expect(own).toEqual(Array.from({ length: 200 }, (_, i) => `${tab} ${String(i)}`))
    }
    await house.until(
      () => [one, two, bert].every(({ chat }) => chat.timeline().length === 400),
      'all three have all',
      { turns: 400, stepMs: 500 },
    )
    expect(textsOf(two.chat)).toEqual(textsOf(one.chat))
    expect(textsOf(bert.chat)).toEqual(textsOf(one.chat))
    expect([one, two, bert].flatMap((tab) => heardBy(tab, 'chat:forked'))).toEqual([])
    await house.calm(40_000)
    for (const tab of [one, two]) {
      expect(new Set(tab.chat.timeline().map(({ state }) => state))).toEqual(new Set(['delivered']))
    }
  })

  it('CH-5 a tab shows what the other stored even when the room never brought it', async () => {
    const one = await house.open(1, { slot: 0 })
    const two = await house.open(1, { slot: 1, stores: one.stores })
    await house.calm()
    house.rooms.part(one.room, two.room)
    await say(one, 'first')
    expect(two.chat.timeline()).toEqual([])
    await say(two, 'second')
    expect(textsOf(two.chat)).toEqual(['first', 'second'])
    expect(two.chat.timeline().every(({ own, state }) => own && state === 'sent')).toBe(true)
  })

  it('CH-4 the later entry of a log stands later though the other tab’s time was ahead', async () => {
    const one = await house.open(1, { slot: 0 })
    const two = await house.open(1, { slot: 1, stores: one.stores })
    await house.calm()
    house.rooms.part(one.room, two.room)
    // Only the first tab has heard somebody whose clock is five minutes ahead.
    const ahead = await testIdentity(9)
    const fields = entryFields(ahead, { time: [house.clock.now() + 300_000, 0] })
    const payload = encodeGossip({ kind: 'entry', bytes: await signFields(ahead, fields) })
    one.room.mesh.hear('chat', payload, one.room.self.peer)
    await house.calm(10)
    await say(one, 'first')
    await say(two, 'second')
    expect(textsOf(two.chat)).toEqual(['first', 'second'])
  })

  it('CH-10 receipts of both tabs are one person’s and never step back', async () => {
    const one = await house.open(1, { slot: 0 })
    const two = await house.open(1, { slot: 1, stores: one.stores })
    const bert = await house.open(2)
    await house.calm()
    for (let i = 0; i < 10; i++) {
      await say(bert, `n ${String(i)}`)
      await house.clock.advance(70)
    }
    await house.calm(2_000)
    expect(bert.chat.timeline().every(({ deliveredTo }) => deliveredTo.length === 1)).toBe(true)
    expect(textsOf(one.chat)).toEqual(textsOf(two.chat))
  })
})
