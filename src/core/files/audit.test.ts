import { afterEach, describe, expect, it } from 'vitest'
import type { AccountId, FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { AuditSchedule, type Auditable } from './audit-schedule.ts'
import type { AuditOutcome } from './index.ts'
import { memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

const minute = 60_000

/** Random bytes that repeat for a seed. */
function dice(seed: number): (length: number) => Uint8Array<ArrayBuffer> {
  let calls = seed * 1_000_003
  return (length) => randomBytes(length, calls++)
}

const names = (count: number): AccountId[] => Array.from({ length: count }, (_, i) => `a${i}` as AccountId)

describe('the schedule of audits', () => {
  it('FI-65: asks each holder about every ten minutes, at times that differ', () => {
    const schedule = new AuditSchedule(dice(1))
    const holders = names(20)
    const asked = new Map<AccountId, number[]>()
    for (let now = 0; now < 10 * 60 * minute;) {
      for (const account of schedule.due(now, holders)) {
        asked.set(account, [...(asked.get(account) ?? []), now])
      }
      now += Math.max(1, schedule.waitMs(now) ?? minute)
    }
    for (const times of asked.values()) {
      expect(times[0]).toBeLessThanOrEqual(10 * minute)
      const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
      for (const gap of gaps) {
        expect(gap).toBeGreaterThanOrEqual(7.5 * minute)
        expect(gap).toBeLessThanOrEqual(12.5 * minute + 1)
      }
      expect(new Set(gaps).size).toBeGreaterThan(gaps.length / 2)
    }
    expect(asked.size).toBe(20)
  })

  it('FI-65: who left is forgotten, and who comes is taken in', () => {
    const schedule = new AuditSchedule(dice(2))
    expect(schedule.waitMs(0)).toBeUndefined()
    expect(schedule.due(0, names(3))).toEqual([])
    expect(schedule.waitMs(0)).toBeLessThanOrEqual(10 * minute)
    schedule.due(1, [])
    expect(schedule.waitMs(1)).toBeUndefined()
  })

  it('FI-65: samples one to four pieces of one file, only of columns signed for, of at most 1 MiB', () => {
    const schedule = new AuditSchedule(dice(3))
    const files: Auditable[] = [
      { file: 'small' as FileId, shards: [3], segments: 1, pieceBytes: 4_096 },
      { file: 'large' as FileId, shards: [1, 5], segments: 900, pieceBytes: 262_144 },
      { file: 'huge' as FileId, shards: [0], segments: 900, pieceBytes: 1_048_576 },
      { file: 'none' as FileId, shards: [], segments: 9, pieceBytes: 64 },
    ]
    const counts = new Map<string, Set<number>>()
    for (let i = 0; i < 3_000; i++) {
      const sample = schedule.sample(files)
      if (sample === undefined) throw new Error('nothing sampled')
      const seen = counts.get(sample.file) ?? new Set()
      counts.set(sample.file, seen.add(sample.positions.length))
      const source = files.find(({ file }) => file === sample.file)
      for (const { segment, shard } of sample.positions) {
        expect(segment).toBeLessThan(source?.segments ?? 0)
        expect(source?.shards).toContain(shard)
      }
    }
    expect([...(counts.get('small') ?? [])]).toEqual([1])
    expect([...(counts.get('large') ?? [])].sort()).toEqual([1, 2, 3, 4])
    expect([...(counts.get('huge') ?? [])]).toEqual([1])
    expect(counts.has('none')).toBe(false)
    expect(schedule.sample([])).toBeUndefined()
  })

  it('FI-65: a holder that lost a tenth of its pieces is found with 99 % within 44 pieces', () => {
    const schedule = new AuditSchedule(dice(4))
    const file: Auditable = { file: 'f' as FileId, shards: [0], segments: 1_000, pieceBytes: 65_536 }
    let found = 0
    for (let holder = 0; holder < 2_000; holder++) {
      let isFound = false
      for (let pieces = 0; pieces < 44 && !isFound;) {
        for (const { segment } of schedule.sample([file])?.positions ?? []) {
          if (pieces++ < 44) isFound ||= segment % 10 === holder % 10
        }
      }
      if (isFound) found++
    }
    expect(found / 2_000).toBeGreaterThan(0.98)
  })
})

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** A file on two whole copies, and what its owner hears of its audits of one of them. */
async function setting(): Promise<{
  owner: Guest
  holder: Guest
  file: FileId
  heard: AuditOutcome[]
  blames: string[]
}> {
  const [owner, ...others] = await party.people(3)
  if (owner === undefined) throw new Error('nobody came')
  const file = await owner.files.share(memorySource(randomBytes(300_000)))
  await until(() => owner.view(file)?.durability.survivableLosses === 1)
  await settle(50)
  const holder = others[0]
  if (holder === undefined) throw new Error('nobody came')
  const heard: AuditOutcome[] = []
  const blames: string[] = []
  owner.files.events.on('holder:audited', ({ account, outcome }) => {
    if (account === holder.account) heard.push(outcome)
  })
  owner.files.events.on('holder:blamed', ({ error }) => blames.push(error))
  return { owner, holder, file, heard, blames }
}

async function hour(): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await party.clock.advance(minute)
    await settle(10)
  }
}

const countsFor = (guest: Guest, file: FileId, account: AccountId): boolean =>
  guest.view(file)?.durability.holdings.some((holding) => holding.account === account) === true

describe('audits', () => {
  it('FI-65: an honest holder passes every time', async () => {
    const { owner, holder, file, heard, blames } = await setting()
    await hour()
    expect(heard.length).toBeGreaterThanOrEqual(4)
    expect(heard.length).toBeLessThanOrEqual(8)
    expect(new Set(heard)).toEqual(new Set(['good']))
    expect(blames).toEqual([])
    expect(countsFor(owner, file, holder.account)).toBe(true)
  })

  it('FI-65: wrong bytes are blamed, and the holder counts for nothing any more', async () => {
    const { owner, holder, file, heard, blames } = await setting()
    const piece = holder.shards.piece.bind(holder.shards)
    holder.shards.piece = async (...place) => {
      const found = await piece(...place)
      return found === undefined ? undefined : { ...found, bytes: new Uint8Array(found.bytes.byteLength) }
    }
    await hour()
    expect(heard).toEqual(['wrong'])
    expect(blames).toEqual(['CorruptPieceError'])
    expect(countsFor(owner, file, holder.account)).toBe(false)
  })

  it('FI-65: missing pieces take back the receipt, not the trust; the same one does not count again', async () => {
    const { owner, holder, file, heard, blames } = await setting()
    holder.shards.piece = () => Promise.resolve(undefined)
    await hour()
    expect(heard).toEqual(['missing'])
    expect(blames).toEqual([])
    expect(countsFor(owner, file, holder.account)).toBe(false)
    expect(owner.view(file)?.durability.survivableLosses).toBe(0)
    party.rooms.part(owner.room, holder.room)
    await party.rooms.rejoin(owner.room, holder.room) // it is asked again and shows its old receipt
    await hour()
    expect(countsFor(owner, file, holder.account)).toBe(false)
  })

  it('FI-65: silence says nothing', async () => {
    const { owner, holder, file, heard, blames } = await setting()
    holder.shards.piece = () => new Promise(() => {})
    await hour()
    expect(new Set(heard)).toEqual(new Set(['silent']))
    expect(blames).toEqual([])
    expect(countsFor(owner, file, holder.account)).toBe(true)
  })

  it('FI-65: a link that breaks meanwhile says nothing either', async () => {
    const { owner, holder, file, heard, blames } = await setting()
    const open = owner.room.openStream.bind(owner.room)
    owner.room.openStream = async (peer, protocol, options) => {
      if (peer === holder.room.self.peer) throw Object.assign(new Error('no link'), { name: 'NoLinkError' })
      return await open(peer, protocol, options)
    }
    await hour()
    expect(new Set(heard)).toEqual(new Set(['absent']))
    expect(blames).toEqual([])
    expect(countsFor(owner, file, holder.account)).toBe(true)
  })
})
