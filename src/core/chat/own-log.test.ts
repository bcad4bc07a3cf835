import { beforeEach, describe, expect, it } from 'vitest'
import { QuotaExceededError } from '../base/errors.ts'
import { systemRandom } from '../base/clock.ts'
import type { EntryId } from '../base/ids.ts'
import { silent } from '../base/logger.ts'
import type { Identity } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { createMemoryStorage, type StoredEntry, type Stores } from '../storage/index.ts'
import { faultyStores, nthWrite } from '../storage/testing/faulty.ts'
import { decodeEntry } from './entry.ts'
import { keepOwnLog, restoreOwnLog, type OwnLogPlace } from './own-log.ts'
import { signReceipt } from './receipt.ts'
import { houseRoom } from './testing/chat-house.ts'
import { after, entryFields, signFields } from './testing/forge.ts'

const count = 150
let self: Identity
let stores: Stores
let log: StoredEntry[]
let place: OwnLogPlace
const parts = (of: Stores) => ({ stores: of, random: systemRandom, logger: silent })
const rows = (of: Stores) => of.settings.keys('forgotten/')
const kept = (of: Stores) => of.logs.range(houseRoom, self.account, 0, count + 1)

beforeEach(async () => {
  self = await testIdentity(1)
  stores = createMemoryStorage()
  place = { room: houseRoom, author: self.account, key: new Uint8Array(32).fill(3), name: 'name' }
  log = []
  let fields = {}
  for (let i = 0; i < count; i++) {
    const entry = decodeEntry(await signFields(self, entryFields(self, fields)), houseRoom)
    fields = after(entry)
    log.push({ author: entry.author, seq: entry.seq, id: entry.id, bytes: entry.bytes })
  }
  await stores.logs.appendAll(houseRoom, log, undefined)
})

/** Another account's receipt for our log up to `seq`. */
async function receipted(seq: number): Promise<void> {
  const reader = await testIdentity(2)
  const heads = new Map([[self.account, { seq, id: log[seq]?.id ?? ('' as EntryId) }]])
  const receipt = await signReceipt({ room: houseRoom, reader: reader.account, at: 1, heads }, reader)
  await stores.logs.putReceipt(houseRoom, reader.account, receipt.bytes)
}

describe('own words of a forgotten room', () => {
  it('CH-15 come back whole, and only once', async () => {
    await receipted(3)
    await keepOwnLog(parts(stores), place)
    await stores.logs.deleteRoom(houseRoom)
    expect(await rows(stores)).toHaveLength(3)
    await restoreOwnLog(parts(stores), place)
    expect(await kept(stores)).toEqual(log)
    expect(await rows(stores)).toEqual([])
    await restoreOwnLog(parts(stores), place)
    expect(await kept(stores)).toEqual(log)
  })

  it('CH-15 are not kept when nobody else is known to hold any, nor for a receipt of our own', async () => {
    const heads = new Map([[self.account, { seq: 1, id: log[1]?.id ?? ('' as EntryId) }]])
    const receipt = await signReceipt({ room: houseRoom, reader: self.account, at: 1, heads }, self)
    await stores.logs.putReceipt(houseRoom, self.account, receipt.bytes)
    await keepOwnLog(parts(stores), place)
    expect(await rows(stores)).toEqual([])
  })

  it('CH-15 do not open without the link', async () => {
    await receipted(3)
    await keepOwnLog(parts(stores), place)
    await stores.logs.deleteRoom(houseRoom)
    await restoreOwnLog(parts(stores), { ...place, key: new Uint8Array(32) })
    expect(await kept(stores)).toEqual([])
  })

  it('CH-15 a damaged or exchanged page ends what is put back, before it all is whole', async () => {
    await receipted(3)
    await keepOwnLog(parts(stores), place)
    await stores.logs.deleteRoom(houseRoom)
    const [, second = '', third = ''] = await rows(stores)
    await stores.settings.set(second, await stores.settings.get(third))
    await restoreOwnLog(parts(stores), place)
    expect(await kept(stores)).toEqual(log.slice(0, 64))
    expect(await rows(stores)).toEqual([])
  })

  it('CH-15 what is there already is not added twice, and another tab that was faster has done it', async () => {
    await receipted(3)
    await keepOwnLog(parts(stores), place) // and the room was not removed: a crash in between
    await restoreOwnLog(parts(stores), place)
    expect(await kept(stores)).toEqual(log)
    await keepOwnLog(parts(stores), place)
    await stores.logs.deleteRoom(houseRoom)
    await Promise.all([restoreOwnLog(parts(stores), place), restoreOwnLog(parts(stores), place)])
    expect(await kept(stores)).toEqual(log)
  })

  it('CH-15 a full disk at any write loses nothing: neither the room before, nor the pages after', async () => {
    await receipted(3)
    const full = new QuotaExceededError('full')
    for (let n = 0; n < 3; n++) {
      const faulty = faultyStores(stores, nthWrite(n, full))
      await expect(keepOwnLog(parts(faulty), place)).rejects.toBe(full)
      expect(await kept(stores)).toEqual(log)
    }
    await keepOwnLog(parts(stores), place)
    await stores.logs.deleteRoom(houseRoom)
    for (let n = 0; n < 3; n++) {
      const faulty = faultyStores(stores, nthWrite(n === 0 ? 0 : 1, full))
      await expect(restoreOwnLog(parts(faulty), place)).rejects.toBe(full)
      expect(await rows(stores)).toHaveLength(3)
    }
    await restoreOwnLog(parts(stores), place)
    expect(await kept(stores)).toEqual(log)
  })
})
