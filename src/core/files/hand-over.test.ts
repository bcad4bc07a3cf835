import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

const columns = (guest: Guest, file: FileId): number =>
  new Set(
    (guest.view(file)?.durability.holdings ?? [])
      .filter(({ reachable }) => reachable)
      .flatMap(({ shards }) => shards),
  ).size

describe('handing over', () => {
  it('FI-66: one after another goes, handing on what only it holds, and the file stays whole', async () => {
    const bytes = randomBytes(900_000)
    const [owner, ...holders] = await party.people(6)
    if (owner === undefined) throw new Error('nobody came')
    const file = await owner.files.share(memorySource(bytes))
    await until(() => owner.view(file)?.durability.safeToClose === true && columns(owner, file) === 5)
    expect(await owner.files.handOver()).toEqual({ placed: 0, left: [] }) // others have it all
    await owner.leave()
    for (const leaving of holders.slice(0, 3)) {
      await settle(50)
      const { left } = await leaving.files.handOver()
      await leaving.leave()
      const here = party.guests.length
      expect(left.length).toBe(here * 2 >= 5 ? 0 : 1)
    }
    expect(party.guests).toHaveLength(2)
    const late = await party.guest('late')
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
  })

  it('FI-66: alone it says what is left', async () => {
    const a = await party.guest('a')
    const file = await a.files.share(memorySource(randomBytes(10_000)))
    expect(await a.files.handOver()).toEqual({ placed: 0, left: [file] })
  })

  it('FI-66: ends when told to, though a holder does not answer, and says what is left', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    const put = b.shards.putFile.bind(b.shards)
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    b.shards.putFile = async (record) => {
      await held
      await put(record)
    }
    const file = await a.files.share(memorySource(randomBytes(10_000)))
    const stop = new AbortController()
    const handing = a.files.handOver({ signal: stop.signal })
    await settle(20)
    stop.abort()
    expect(await handing).toEqual({ placed: 0, left: [file] })
    release()
  })
})
