import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import { createMemoryStorage, StorageError, type LogStore } from '../storage/index.ts'
import { faultyStores } from '../storage/testing/faulty.ts'
import { ChatHouse, heardBy, houseRoom, rowOf, say, textsOf } from './testing/chat-house.ts'

let house: ChatHouse
beforeEach(() => {
  house = new ChatHouse()
})
afterEach(() => house.stop())

describe('a full disk', () => {
  it('CH-5 a message that cannot be stored is told as failed, spread to nobody, and can be tried again or taken off', async () => {
    let isFull = true
    const stores = faultyStores(createMemoryStorage(), (verb) =>
      isFull && verb === 'appendAll' ? new QuotaExceededError('full') : undefined,
    )
    const anna = await house.open(1, { stores })
    const bert = await house.open(2)
    await house.calm()
    await expect(say(anna, 'one')).rejects.toMatchObject({ name: 'QuotaExceededError' })
    await expect(say(anna, 'two')).rejects.toMatchObject({ name: 'QuotaExceededError' })
    const row = rowOf(anna.chat, 'one')
    expect(row).toMatchObject({ state: 'failed', failure: 'QuotaExceededError', id: undefined })
    await house.calm(40_000)
    expect(bert.chat.timeline()).toEqual([])
    await expect(anna.chat.retry(row.key)).rejects.toMatchObject({ name: 'QuotaExceededError' })
    expect(rowOf(anna.chat, 'one').state).toBe('failed')
    isFull = false
    await anna.chat.retry(row.key)
    expect(rowOf(anna.chat, 'one').state).toBe('sent')
    expect(rowOf(anna.chat, 'one')).not.toHaveProperty('failure')
    anna.chat.discard(rowOf(anna.chat, 'one').key) // stored: stays
    anna.chat.discard(rowOf(anna.chat, 'two').key)
    await anna.chat.retry('local:none')
    expect(textsOf(anna.chat)).toEqual(['one'])
    await house.calm(1_000)
    expect(textsOf(bert.chat)).toEqual(['one'])
    expect(rowOf(anna.chat, 'one').state).toBe('delivered')
  })

  it('CH-10 what the reader could not store is not receipted, is told, and comes once there is space', async () => {
    let isFull = true
    const stores = faultyStores(createMemoryStorage(), (verb) =>
      isFull && verb === 'appendAll' ? new QuotaExceededError('full') : undefined,
    )
    const anna = await house.open(1)
    const bert = await house.open(2, { stores })
    await house.calm()
    await say(anna, 'for keeps')
    await house.calm(45_000)
    expect(rowOf(anna.chat, 'for keeps').state).toBe('sent')
    expect(bert.chat.timeline()).toEqual([])
    expect(heardBy(bert, 'chat:unkept')).toMatchObject([{ error: 'QuotaExceededError' }])
    isFull = false
    await house.calm(90_000)
    expect(textsOf(bert.chat)).toEqual(['for keeps'])
    expect(rowOf(anna.chat, 'for keeps').state).toBe('delivered')
  })

  it('CH-5 an append whose answer was lost is not written twice', async () => {
    const memory = createMemoryStorage()
    let isLost = true
    const logs: LogStore = new Proxy(memory.logs, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]): Promise<unknown> => {
          const result: unknown = await Reflect.apply(value, target, args)
          if (isLost && (key === 'appendAll' || key === 'heads')) throw new StorageError('connection lost')
          return result
        }
      },
    })
    isLost = false
    const anna = await house.open(1, { stores: memory, logs })
    isLost = true
    await expect(say(anna, 'once')).rejects.toMatchObject({ name: 'StorageError' })
    const { key, state } = rowOf(anna.chat, 'once')
    expect(state).toBe('failed')
    isLost = false
    // What was seen meanwhile would give the entry another id if it were signed again.
    const bert = await house.open(2)
    await say(bert, 'hello')
    await house.calm()
    await anna.chat.retry(key)
    expect(textsOf(anna.chat).sort()).toEqual(['hello', 'once'])
    await house.calm()
    expect(rowOf(anna.chat, 'once').state).toBe('delivered')
    expect(rowOf(anna.chat, 'once').id).toBeDefined()
    expect(await memory.logs.range(houseRoom, anna.identity.account, 0, 9)).toHaveLength(1)
  })

  it('CH-5 a fault at any one write of a conversation loses nothing that was acknowledged', async () => {
    let writes = Infinity
    for (let at = 0; at < writes; at++) {
      const run = new ChatHouse()
      let count = 0
      const failing = (): Error | undefined =>
        count++ === at ? new QuotaExceededError(`full at write ${String(at)}`) : undefined
      const annaMemory = createMemoryStorage()
      const bertMemory = createMemoryStorage()
      const anna = await run.open(1, { stores: faultyStores(annaMemory, failing) })
      const bert = await run.open(2, { stores: faultyStores(bertMemory, failing) })
      await run.calm(200)
      const acknowledged: string[] = []
      for (let i = 0; i < 3; i++) {
        for (const tab of [anna, bert]) {
          const text = `${tab.name} says ${String(i)}`
          await say(tab, text).then(
            () => acknowledged.push(text),
            () => undefined,
          )
          await run.calm(300)
        }
      }
      const delivered = [...anna.chat.timeline(), ...bert.chat.timeline()].filter(
        ({ state }) => state === 'delivered',
      )
      await run.stop()
      writes = count
      // What the disks really hold.
      for (const [memory, own] of [
        [annaMemory, anna],
        [bertMemory, bert],
      ] as const) {
        const log = await memory.logs.range(houseRoom, own.identity.account, 0, 99)
        expect(log.length).toBe(acknowledged.filter((text) => text.startsWith(own.name)).length)
      }
      for (const { id, author } of delivered) {
        const other = author === anna.identity.account ? bertMemory : annaMemory
        const held = await other.logs.range(houseRoom, author, 0, 99)
        expect(held.map((entry) => entry.id)).toContain(id)
      }
    }
    expect(writes).toBeGreaterThan(12)
  })
})
