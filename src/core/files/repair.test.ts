import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { decodeManifest, verifyPiece } from '../ces/index.ts'
import { planRepair } from './repair-plan.ts'
import { stagingId } from './staging.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** Text that no sealed byte can hold by chance. */
const canary = 'the canary sings in plain words'

function songs(length: number): Bytes {
  const bytes = randomBytes(length)
  for (let at = 0; at + 64 < length; at += 4_096) bytes.set(utf8(canary), at)
  return bytes
}

/** Distinct columns that present accounts hold, as one member sees it. */
function heldColumns(guest: Guest, file: FileId): number {
  const holdings = guest.view(file)?.durability.holdings ?? []
  return new Set(holdings.filter(({ reachable }) => reachable).flatMap(({ shards }) => shards)).size
}

/** A room of `people`, a file of the first one placed, and who holds it. */
async function placed(
  people: number,
  bytes: Bytes,
): Promise<{ owner: Guest; holders: readonly Guest[]; file: FileId }> {
  const [owner, ...holders] = await party.people(people)
  if (owner === undefined) throw new Error('nobody came')
  const file = await owner.files.share(memorySource(bytes))
  const n = (): number => owner.view(file)?.durability.n ?? 0
  for (const guest of party.guests) {
    await until(
      () => n() > 0 && heldColumns(guest, file) === n() && guest.view(file)?.durability.safeToClose === true,
    )
  }
  return { owner, holders, file }
}

/** Lets time pass in steps until it holds; between them work off this thread may end, however busy the machine is. */
async function inTime(holds: () => boolean, limitMs = 180_000): Promise<void> {
  for (let passed = 0; passed < limitMs; passed += 1_000) {
    if (holds()) return
    await party.clock.advance(1_000)
    await settle(20)
  }
  throw new Error('it did not happen in time')
}

async function shardsOf(guest: Guest, file: FileId): Promise<readonly number[]> {
  return [...new Set([...(await guest.shards.held(file)).values()].flat())].sort((a, b) => a - b)
}

describe('repair', () => {
  it('FI-62: in a room of six the sharer and two holders leave, and the three others have all columns again', async () => {
    const bytes = songs(3_000_000)
    const { owner, holders, file } = await placed(6, bytes)
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    for (const guest of left) expect(heldColumns(guest, file)).toBe(3)
    await inTime(() => left.every((guest) => heldColumns(guest, file) === 5))
    const late = await party.guest('late')
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
  })

  it('FI-64: what was rebuilt is what was shared, byte by byte, and nothing is left of the way there', async () => {
    const { owner, holders, file } = await placed(6, songs(3_000_000))
    const record = await owner.shards.file(file)
    if (record === undefined) throw new Error('the owner has no record')
    const { manifest } = decodeManifest(record.manifest)
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    await inTime(() => left.every((guest) => heldColumns(guest, file) === 5))
    await settle(50)
    let columns = 0
    for (const guest of left) {
      for (const shard of await shardsOf(guest, file)) {
        columns++
        for (let segment = 0; segment < manifest.segments.length; segment++) {
          const piece = await guest.shards.piece(file, segment, shard)
          const original = await owner.shards.piece(file, segment, shard)
          if (piece === undefined || original === undefined) throw new Error('a piece is missing')
          expect(equalBytes(piece.bytes, original.bytes)).toBe(true)
          await verifyPiece(manifest, segment, shard, piece.bytes, piece.path)
        }
      }
      expect(await guest.shards.file(stagingId(file))).toBeUndefined()
    }
    expect(columns).toBe(5)
  })

  it('FI-64: whoever repairs has no key, and no plain text ever lies in a store', async () => {
    const { owner, holders, file } = await placed(6, songs(1_000_000))
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    await inTime(() => left.every((guest) => heldColumns(guest, file) === 5))
    for (const guest of left) {
      const record = await guest.shards.file(file)
      expect(record?.own).toBe(false)
      expect(record?.key).toBeUndefined()
      for (const [segment, shards] of await guest.shards.held(file)) {
        for (const shard of shards) {
          const piece = await guest.shards.piece(file, segment, shard)
          expect(includes(piece?.bytes ?? new Uint8Array(), utf8(canary))).toBe(false)
        }
      }
    }
    expect(includes(songs(1_000_000), utf8(canary))).toBe(true) // the test can fail
  })

  it('FI-62: who is away is waited for; when ten minutes are over or too few are left, it is repaired', async () => {
    const { owner, holders, file } = await placed(8, randomBytes(200_000))
    await owner.leave()
    const [first, second, third, ...rest] = holders
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few')
    setAway(first.account)
    setAway(second.account)
    await party.clock.advance(120_000)
    for (const guest of rest) expect((await shardsOf(guest, file)).length).toBeLessThanOrEqual(1)
    setAway(third.account) // three of six within reach, one loss from danger
    await inTime(() => rest.some((guest) => heldColumns(guest, file) === 6))
  })

  it('FI-63: when the one whose turn it is cannot, the next takes over', async () => {
    const { owner, holders, file } = await placed(6, randomBytes(400_000))
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    const first = left.find(({ account }) => account === orderOf(file, left)[0])
    if (first === undefined) throw new Error('nobody is first')
    // Its disk is broken: whatever it begins fails.
    first.shards.putFile = () => Promise.reject(new Error('broken disk'))
    first.shards.putPieces = () => Promise.reject(new Error('broken disk'))
    await party.clock.advance(30_000)
    for (const guest of left) expect(heldColumns(guest, file)).toBe(3)
    const able = left.filter((guest) => guest !== first)
    await inTime(() => able.every((guest) => heldColumns(guest, file) === 5), 600_000)
  })

  it('FI-63: who crashes in the middle leaves nothing behind and another goes on; never fewer than k columns', async () => {
    const { owner, holders, file } = await placed(7, randomBytes(4_000_000))
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    const first = left.find(({ account }) => account === orderOf(file, left)[0])
    if (first === undefined) throw new Error('nobody is first')
    const put = first.shards.putPieces.bind(first.shards)
    let writes = 0
    first.shards.putPieces = async (...pieces) => {
      writes++
      await put(...pieces)
      await party.rooms.leave(first.room) // the tab is gone in this very moment
    }
    await inTime(() => writes > 0)
    const alive = left.filter((guest) => guest !== first)
    for (const guest of alive) expect(heldColumns(guest, file)).toBeGreaterThanOrEqual(2)
    await inTime(() => alive.every((guest) => heldColumns(guest, file) === 6))
    for (const guest of alive) expect(await guest.shards.file(stagingId(file))).toBeUndefined()
    await first.files.stop()
    expect(await first.shards.file(stagingId(file))).toBeUndefined()
  })

  it('FI-63: one repairs, the others leave it alone: no column is made twice', async () => {
    const { owner, holders, file } = await placed(8, randomBytes(300_000))
    await owner.leave()
    for (const gone of holders.slice(0, 3)) await gone.leave()
    const left = holders.slice(3)
    await inTime(() => left.every((guest) => heldColumns(guest, file) === 6))
    await party.clock.advance(300_000)
    const all = (await Promise.all(left.map((guest) => shardsOf(guest, file)))).flat()
    expect(all.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('FI-64: a device without room to stage leaves the repair to others', async () => {
    const { owner, holders, file } = await placed(6, randomBytes(400_000))
    await owner.leave()
    await holders[0]?.leave()
    await holders[1]?.leave()
    const left = holders.slice(2)
    const first = left.find(({ account }) => account === orderOf(file, left)[0])
    if (first === undefined) throw new Error('nobody is first')
    const usage = await first.shards.usage()
    const full = { ...usage, byFile: new Map([...usage.byFile, ['other' as FileId, 536_870_912]]) }
    first.shards.usage = () => Promise.resolve(full)
    const able = left.filter((guest) => guest !== first)
    await inTime(() => able.every((guest) => heldColumns(guest, file) >= 4), 600_000)
    expect((await shardsOf(first, file)).length).toBe(1)
  })

  it('FI-64: a holder that lies to a repairer is blamed, and its column is made again', async () => {
    const { owner, holders, file } = await placed(8, randomBytes(300_000))
    await owner.leave()
    for (const gone of holders.slice(0, 3)) await gone.leave()
    const left = holders.slice(3)
    const order = orderOf(file, left)
    const liar = left.find(({ account }) => account === order.at(-1))
    const first = left.find(({ account }) => account === order[0])
    if (liar === undefined || first === undefined) throw new Error('nobody is left')
    const piece = liar.shards.piece.bind(liar.shards)
    liar.shards.piece = async (...place) => {
      const found = await piece(...place)
      return found === undefined ? undefined : { ...found, bytes: new Uint8Array(found.bytes.byteLength) }
    }
    const others = left.filter((guest) => guest !== liar)
    await inTime(() => heldColumns(first, file) >= 5, 600_000)
    for (const guest of others) {
      for (const shard of await shardsOf(guest, file)) {
        const stored = await guest.shards.piece(file, 0, shard)
        const original = await owner.shards.piece(file, 0, shard)
        expect(equalBytes(stored?.bytes ?? new Uint8Array(), original?.bytes ?? new Uint8Array(1))).toBe(true)
      }
    }
  })
})

/** Makes an account away for everyone, as a lost link without goodbye does. */
function setAway(account: Guest['account']): void {
  for (const guest of party.guests) {
    const gone = guest.room.members().find((member) => member.account === account)
    if (gone === undefined) continue
    const members = guest.room.members.bind(guest.room)
    guest.room.members = () => members().map((m) => (m.account === account ? { ...m, path: 'away' } : m))
    guest.room.events.emit('member:changed', { ...gone, path: 'away' })
  }
}

function orderOf(file: FileId, holders: readonly Guest[]): readonly Guest['account'][] {
  const plan = planRepair({
    ...{ file, shape: { k: 2, n: holders.length + 2 } },
    holders: holders.map(({ account }, i) => ({ account, shards: [i], state: 'reachable' })),
    candidates: holders.map(({ account }) => account),
  })
  if (plan === undefined) throw new Error('nothing to repair')
  return plan.order
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(part))
}
