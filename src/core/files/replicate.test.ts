import { afterEach, describe, expect, it } from 'vitest'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { encodeGossip } from './messages.ts'
import { receiptsTopic } from './constants.ts'
import { signReceipt } from './receipts.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'
import { Rogue } from './testing/rogue.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

async function share(guest: Guest, length = 300_000): Promise<FileId> {
  return await guest.files.share(memorySource(randomBytes(length)))
}

const losses = (guest: Guest, file: FileId): number => guest.view(file)?.durability.survivableLosses ?? -2
const isSafe = (guest: Guest, file: FileId): boolean => guest.view(file)?.durability.safeToClose === true

describe('placement', () => {
  it('FI-11: a file shared alone becomes safe by itself as people come', async () => {
    const a = await party.guest('a')
    const file = await share(a)
    expect(a.view(file)?.durability).toMatchObject({ survivableLosses: -1, safeToClose: false })
    await party.guest('b')
    await until(() => losses(a, file) === 0)
    expect(isSafe(a, file)).toBe(true) // two people: the other has it all
    await party.guest('c')
    await until(() => losses(a, file) === 1)
    await party.guest('d')
    await settle(200)
    expect(a.view(file)?.durability.holdings).toHaveLength(3) // two copies are enough
  })

  it('FI-17: with a third person here, one copy is not safe', async () => {
    const [a, b] = [await party.guest('a'), await party.guest('b')]
    const file = await share(a)
    await until(() => isSafe(a, file))
    const c = await party.guest('c', { budgetBytes: 1_000 })
    await settle(100)
    expect(isSafe(a, file)).toBe(false)
    expect(isSafe(c, file)).toBe(false)
    await c.leave()
    await until(() => isSafe(a, file))
    expect(losses(b, file)).toBe(0)
  })

  it('FI-12: when a holder leaves, the owner places its column elsewhere', async () => {
    const [a, ...others] = await party.people(4)
    if (a === undefined) throw new Error('nobody came')
    const file = await share(a)
    await until(() => losses(a, file) === 1)
    const holder = others.find((other) => other.view(file)?.isLocal === true)
    await holder?.leave()
    expect(losses(a, file)).toBe(0)
    await until(() => losses(a, file) === 1, 'placed again')
  })

  it('FI-12: without the owner, a holder of whole copies places the missing one', async () => {
    const [a, ...others] = await party.people(4)
    if (a === undefined) throw new Error('nobody came')
    const file = await share(a)
    await until(() => losses(a, file) === 1)
    await a.leave()
    const holders = others.filter((other) => other.view(file)?.isLocal === true)
    await holders[0]?.leave()
    for (const left of party.guests)
      await until(() => losses(left, file) === 1, `${left.name} sees two copies`)
    expect(party.guests).toHaveLength(2)
  })

  it('FI-12: an owner who comes back asks first and gives nobody what they have', async () => {
    const shards = createMemoryStorage().shards
    const owner = await party.guest('owner', { person: 1, shards })
    const others = [await party.guest('b'), await party.guest('c'), await party.guest('d')]
    const file = await share(owner)
    await until(() => losses(owner, file) === 1)
    await owner.leave()
    const back = await party.guest('owner again', { person: 1, shards })
    await until(() => losses(back, file) === 1)
    await settle(100)
    expect(others.filter((other) => other.view(file)?.isLocal === true)).toHaveLength(2)
  })

  it('FI-15: what an away member holds does not count as reachable', async () => {
    const [a, b, c] = await party.people(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('nobody came')
    const file = await share(a)
    await until(() => losses(a, file) === 1)
    const member = a.room.members().find(({ account }) => account === b.account)
    if (member === undefined) throw new Error('no such member')
    const members = a.room.members.bind(a.room)
    a.room.members = () => members().map((m) => (m.account === b.account ? { ...m, path: 'away' } : m))
    a.room.events.emit('member:changed', { ...member, path: 'away' })
    expect(losses(a, file)).toBe(0)
    expect(isSafe(a, file)).toBe(false) // c may be lost, and b is still of the room
  })

  it('FI-12: two tabs of one person get one copy and count once', async () => {
    const a = await party.guest('a')
    const { shards } = createMemoryStorage()
    const tabs = [
      await party.guest('b', { person: 1, shards }),
      await party.guest('b2', { person: 1, shards }),
    ]
    const file = await share(a)
    await until(() => isSafe(a, file))
    expect(losses(a, file)).toBe(0)
    for (const tab of tabs) await until(() => tab.view(file)?.isLocal === true)
    await tabs[0]?.leave()
    expect(losses(a, file)).toBe(0)
    await tabs[1]?.leave()
    expect(losses(a, file)).toBe(-1)
  })

  it('FI-14: who comes late sees the same durability as the others', async () => {
    const [a, ...rest] = await party.people(5)
    if (a === undefined) throw new Error('nobody came')
    const file = await share(a)
    await until(() => losses(a, file) === 2)
    const late = await party.guest('late')
    for (const guest of [a, ...rest, late]) await until(() => losses(guest, file) === 2, guest.name)
    expect(late.view(file)).toMatchObject({ isLocal: false, keptBytes: 0, owner: a.account })
    expect(late.view(file)?.durability).toMatchObject({ k: 2, n: 4, safeToClose: true })
  })

  it('FI-14: a file whose manifest nobody gives promises nothing', async () => {
    const a = await party.guest('a')
    const file = await share(a)
    await a.leave()
    const late = await party.guest('late')
    expect(late.view(file)?.durability).toEqual({
      ...{ k: 0, n: 0, holdings: [], survivableLosses: -1, safeToClose: false },
    })
  })
})

describe('a holder', () => {
  it('FI-18: takes no more than its budget, and the owner sees no false safety', async () => {
    const a = await party.guest('a')
    const b = await party.guest('b', { budgetBytes: 350_000 })
    const first = await share(a, 300_000)
    await until(() => isSafe(a, first))
    const second = await share(a, 200_000)
    await settle(200)
    expect(losses(a, second)).toBe(-1)
    expect((await b.shards.usage()).totalBytes).toBeLessThan(350_000)
  })

  it('FI-18: gives at most a tenth of what the platform offers', async () => {
    const a = await party.guest('a')
    const b = await party.guest('b', {
      space: () => Promise.resolve({ usageBytes: 0, quotaBytes: 2_000_000 }),
    })
    const file = await share(a, 300_000)
    await settle(200)
    expect(losses(a, file)).toBe(-1)
    expect((await b.shards.usage()).totalBytes).toBe(0)
  })

  it('FI-18: that was full is asked again a minute later', async () => {
    const a = await party.guest('a')
    const b = await party.guest('b', { budgetBytes: 400_000 })
    const first = await share(a, 300_000)
    await until(() => isSafe(a, first))
    const second = await share(a, 200_000)
    await settle(200)
    await b.files.forget(first)
    await party.clock.advance(61_000)
    await until(() => isSafe(a, second))
    expect(losses(a, first)).toBe(-1)
  })

  it('FI-18: two offers at once never share the same room', async () => {
    const a = await party.guest('a')
    const b = await party.guest('b', { budgetBytes: 1_000_000 })
    await Promise.all([share(a, 700_000), share(a, 700_000)])
    await settle(600)
    expect((await b.shards.usage()).totalBytes).toBeLessThan(1_000_000)
    expect(b.files.list().filter(({ isLocal }) => isLocal)).toHaveLength(1)
  })

  it('FI-18: whose owner leaves in the middle keeps nothing half', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    let batches = 0
    const putPieces = b.shards.putPieces.bind(b.shards)
    b.shards.putPieces = async (...pieces) => {
      if (batches++ === 1) await a.leave()
      await putPieces(...pieces)
    }
    const file = await share(a, 20_000_000)
    await until(() => batches >= 2)
    await settle(200)
    expect((await b.shards.usage()).totalBytes).toBe(0)
    expect(await b.shards.file(file)).toBeUndefined()
    expect(b.view(file)?.isLocal).toBe(false)
  })

  it('FI-18: that frees a file says so and is not offered it again', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    const file = await share(a)
    await until(() => isSafe(a, file))
    await b.files.forget(file)
    await until(() => losses(a, file) === -1)
    await party.clock.advance(300_000)
    expect(b.view(file)).toMatchObject({ isLocal: false, keptBytes: 0 })
    expect((await b.shards.usage()).totalBytes).toBe(0)
    expect((await fetchBytes(b, file)).byteLength).toBe(300_000)
  })
})

describe('receipts', () => {
  it('FI-13: forged, of another room, or of another account change nothing', async () => {
    const [a, b] = [await party.guest('a'), await party.guest('b', { budgetBytes: 0 })]
    const rogue = await Rogue.join(party, 'rogue', 99, async () => {
      await Promise.resolve()
    })
    const file = await share(a)
    await settle(100)
    const facts = { room: a.room.id, file, shards: [0], at: 5 }
    const asB = { ...rogue.identity, account: b.account }
    const forged = [
      (await signReceipt(asB, facts)).bytes,
      (await signReceipt(b.identity, { ...facts, room: 'BBBBBBBBBBBBBBBBBBBBBA' as never })).bytes,
      flippedLast((await signReceipt(b.identity, facts)).bytes),
    ]
    for (const bytes of forged) await rogue.room.publish(receiptsTopic, encodeGossip([bytes]))
    await settle(200)
    expect(losses(a, file)).toBe(-1)
    await rogue.room.publish(receiptsTopic, encodeGossip([(await signReceipt(b.identity, facts)).bytes]))
    await until(() => losses(a, file) === 0) // the real one is taken from anybody's hand
  })

  it('FI-14: an old one played again does not bring back what was freed', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    const payloads: Uint8Array<ArrayBuffer>[] = []
    a.room.subscribe(receiptsTopic, (payload) => payloads.push(payload))
    const file = await share(a)
    await until(() => isSafe(a, file))
    await until(() => payloads.length > 0)
    const old = payloads[0]
    if (old === undefined) throw new Error('no receipt was gossiped')
    await party.clock.advance(1_000)
    await b.files.forget(file)
    await until(() => losses(a, file) === -1)
    const rogue = await Rogue.join(party, 'rogue', 99, async () => {
      await Promise.resolve()
    })
    await rogue.room.publish(receiptsTopic, old)
    await settle(200)
    expect(losses(a, file)).toBe(-1)
  })

  it('FI-14: garbage in gossip is ignored', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    const file = await share(a)
    for (let i = 0; i < 200; i++) await b.room.publish(receiptsTopic, randomBytes(i, i + 1))
    await until(() => isSafe(a, file))
  })
})

function flippedLast(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes)
  out[out.length - 1] = (out.at(-1) ?? 0) ^ 1
  return out
}
