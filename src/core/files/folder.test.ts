import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { fetchBytes, memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

async function two(): Promise<[Guest, Guest]> {
  const [a, b] = await party.people(2)
  if (a === undefined || b === undefined) throw new Error('two people came')
  return [a, b]
}

describe('a folder', () => {
  it('FI-44: is one entry that lists its files, and each comes back byte-identical', async () => {
    const [a, b] = await two()
    const files = [
      { path: 'notes/one.txt', source: memorySource(randomBytes(1_000, 1), 'one.txt', 'text/plain') },
      { path: 'two.bin', source: memorySource(randomBytes(300_000, 2), 'two.bin') },
      { path: 'empty', source: memorySource(randomBytes(0), 'empty') },
    ]
    const ids = await a.files.shareFolder({ name: 'Things', files })
    expect(party.hub.entries).toHaveLength(1)
    expect(party.hub.entries[0]?.body).toMatchObject({
      kind: 'folder',
      name: 'Things',
      files: files.map(({ path, source }, i) => ({ path, file: ids[i], sizeBytes: source.sizeBytes })),
    })
    for (const [i, { source }] of files.entries()) {
      const id = ids[i]
      if (id === undefined) throw new Error('as many ids as files')
      const bytes = await source.read(0, source.sizeBytes)
      expect(equalBytes(await fetchBytes(b, id), bytes)).toBe(true)
    }
    const [first] = ids
    expect(first && b.view(first)).toMatchObject({ name: 'one.txt', mediaType: 'text/plain' })
  })

  it('FI-44: leaves nothing when one of its files cannot be read or its entry is not posted', async () => {
    const [a] = await two()
    const good = memorySource(randomBytes(500))
    const broken = { ...good, read: () => Promise.reject(new Error('gone')) }
    const files = [
      { path: 'a', source: good },
      { path: 'b', source: broken },
    ]
    await expect(a.files.shareFolder({ name: 'x', files })).rejects.toThrow('gone')
    a.chat.failure = new Error('no room')
    await expect(a.files.shareFolder({ name: 'x', files: files.slice(0, 1) })).rejects.toThrow('no room')
    expect(await a.shards.files(a.room.id)).toEqual([])
    expect(a.chat.timeline()).toEqual([])
  })
})

describe('taking a file back', () => {
  it('FI-48: frees its pieces with everyone, at once and with those who come later', async () => {
    const [a, b] = await two()
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => b.view(file)?.isLocal === true, 'b holds a copy')
    await a.files.withdraw([file])
    await until(() => a.view(file) === undefined && b.view(file) === undefined, 'it is gone from the lists')
    await settle()
    expect(await a.shards.file(file)).toBeUndefined()
    expect(await b.shards.file(file)).toBeUndefined()
    expect([a.files.isWithdrawn(file), b.files.isWithdrawn(file)]).toEqual([true, true])
    const late = await party.guest('late')
    expect(late.files.isWithdrawn(file)).toBe(true)
    await expect(fetchBytes(late, file)).rejects.toMatchObject({ name: 'UnknownFileError' })
  })

  it('FI-48: frees what is still here at the next start', async () => {
    const [a, b] = await two()
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => b.view(file)?.isLocal === true, 'b holds a copy')
    const { shards } = b
    await b.leave()
    await a.files.withdraw([file])
    expect(await shards.file(file)).toBeDefined()
    await party.guest('b again', { shards, person: 41 })
    await until(() => true)
    await settle()
    expect(await shards.file(file)).toBeUndefined()
  })

  it('FI-48: is for those who posted it only', async () => {
    const [a, b] = await two()
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    await until(() => b.view(file)?.isLocal === true, 'b holds a copy')
    await expect(b.files.withdraw([file])).rejects.toMatchObject({ name: 'UnknownFileError' })
    party.hub.post(b.account, { kind: 'withdraw', files: [file] })
    await settle()
    expect(b.view(file)?.isLocal).toBe(true)
    expect(a.files.isWithdrawn(file)).toBe(false)
  })

  it('FI-48: leaves a file that somebody else has posted as well', async () => {
    const [a, b] = await two()
    const file = await a.files.share(memorySource(randomBytes(50_000)))
    const posted = party.hub.entries[0]?.body
    if (posted === undefined) throw new Error('a card was posted')
    party.hub.post(b.account, posted)
    await a.files.withdraw([file])
    await settle()
    expect(a.view(file)).toMatchObject({ owner: b.account, isLocal: true })
    expect(a.files.isWithdrawn(file)).toBe(false)
  })
})
