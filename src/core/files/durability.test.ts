import { afterEach, describe, expect, it } from 'vitest'
import type { AccountId, FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { durabilityOf, type DurabilityFacts } from './durability.ts'
import type { Holding } from './index.ts'
import { memorySource, Party, randomBytes, until } from './testing/party.ts'

const id = (name: string): AccountId => name as AccountId
const holds = (account: string, shards: readonly number[], reachable = true): Holding => ({
  ...{ account: id(account), shards, reachable },
})

function facts(changes: Partial<DurabilityFacts>): DurabilityFacts {
  return {
    ...{ shape: { k: 2, n: 4 }, owner: id('owner'), sizeBytes: 1_000, holdings: [], otherAccounts: 4 },
    present: ['b', 'c', 'd', 'e'].map(id),
    lacksSpace: () => false,
    ...changes,
  }
}

describe('durability', () => {
  it('FI-67: says how many must still take a column, and that it takes time while they can', () => {
    const two = [holds('owner', [0, 1, 2, 3]), holds('b', [0]), holds('c', [1])]
    const durability = durabilityOf(facts({ holdings: two }))
    expect(durability.needs).toEqual({ kind: 'time', accounts: 2, bytesEach: 500 })
    expect(durability.safeToClose).toBe(false)
  })

  it('FI-67: says that space is missing when those who are here have none', () => {
    const three = [holds('b', [0]), holds('c', [1]), holds('d', [2])]
    const full = facts({ holdings: three, lacksSpace: (account) => account === 'e' })
    expect(durabilityOf(full).needs).toEqual({ kind: 'space', accounts: 1, bytesEach: 500 })
  })

  it('FI-67: says that people are missing when nobody is here to take more', () => {
    const alone = facts({ holdings: [holds('owner', [0, 1, 2, 3])], otherAccounts: 0, present: [] })
    expect(durabilityOf(alone).needs).toEqual({ kind: 'people', accounts: 1, bytesEach: 500 })
    const away = facts({ holdings: [holds('b', [0])], present: [id('b')] })
    expect(durabilityOf(away).needs).toEqual({ kind: 'people', accounts: 3, bytesEach: 500 })
  })

  it('FI-60: with all columns on few accounts it is not safe in a room of many', () => {
    const stacked = [holds('b', [0, 1]), holds('c', [2, 3])]
    expect(durabilityOf(facts({ holdings: stacked }))).toMatchObject({
      ...{ survivableLosses: 1, safeToClose: false },
    })
    const few = facts({ holdings: stacked, otherAccounts: 2, present: [id('b'), id('c')] })
    expect(durabilityOf(few).safeToClose).toBe(true)
    expect('needs' in durabilityOf(few)).toBe(false)
  })

  it('FI-67: is at risk before it is unavailable, whichever accounts go and in whatever order', () => {
    const shape = { k: 4, n: 12 }
    const all = Array.from({ length: 12 }, (_, i) => holds(`h${i}`, [i]))
    const risks = all.map((_, gone) => {
      return durabilityOf(facts({ shape, holdings: all.slice(gone), otherAccounts: 15 })).risk
    })
    expect(risks).toEqual([
      ...new Array<undefined>(6).fill(undefined),
      ...['at-risk', 'at-risk', 'at-risk'],
      ...['unavailable', 'unavailable', 'unavailable'],
    ])
  })
})

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

describe('durability as it is told', () => {
  it('FI-67: each member is told once when a file comes to be at risk, and not when it is shared', async () => {
    const [a, b, c] = await party.people(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('nobody came')
    const told: FileId[] = []
    for (const guest of [a, b, c]) guest.files.events.on('file:at-risk', ({ file }) => told.push(file.id))
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => [a, b, c].every((guest) => guest.view(file)?.durability.safeToClose === true))
    expect(told).toEqual([])
    expect(c.view(file)?.durability.risk).toBeUndefined()
    await a.leave()
    expect(told).toEqual([])
    await b.leave()
    expect(told).toEqual([file])
    expect(c.view(file)?.durability).toMatchObject({ risk: 'at-risk', safeToClose: false })
    expect(c.view(file)?.durability.needs).toMatchObject({ kind: 'people', accounts: 1 })
    await settle(20)
    expect(told).toHaveLength(1)
  })

  it('FI-67: who is cut off is not told that everything is at risk', async () => {
    const [a, b, c] = await party.people(3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('nobody came')
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => a.view(file)?.durability.safeToClose === true)
    const told: FileId[] = []
    a.files.events.on('file:at-risk', ({ file: view }) => told.push(view.id))
    const members = a.room.members.bind(a.room)
    const away = new Set<AccountId>([b.account, c.account])
    a.room.members = () => members().map((m) => (away.has(m.account) ? { ...m, path: 'away' } : m))
    for (const member of a.room.members()) a.room.events.emit('member:changed', member)
    await settle(20)
    expect(told).toEqual([])
    expect(a.view(file)?.durability.safeToClose).toBe(false)
  })

  it('FI-67: says that space is missing when the others have none', async () => {
    const a = await party.guest('a')
    await party.guest('b', { budgetBytes: 1_000 })
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => a.view(file)?.durability.needs?.kind === 'space')
    expect(a.view(file)?.durability.needs).toEqual({ kind: 'space', accounts: 1, bytesEach: 50_000 })
  })
})
