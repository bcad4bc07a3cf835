import { afterEach, describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import type { ShardStore, StoredPiece } from '../storage/index.ts'
import { createMemoryStorage } from '../storage/memory.ts'
import { encodeAnswer } from './messages.ts'
import type { FilesEvents, TransferState } from './index.ts'
import {
  fetchBytes,
  memorySource,
  MemorySink,
  Party,
  randomBytes,
  until,
  type Guest,
} from './testing/party.ts'
import { holding, Rogue, type Misdeed } from './testing/rogue.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

/** A file of a room of three, its owner gone, and a fourth who comes to fetch it. */
async function orphan(bytes: Bytes): Promise<{ file: FileId; holders: Guest[] }> {
  const [owner, ...holders] = await party.people(3)
  if (owner === undefined) throw new Error('nobody came')
  const file = await owner.files.share(memorySource(bytes))
  await until(() => owner.view(file)?.durability.survivableLosses === 1, 'two copies')
  await owner.leave()
  return { file, holders }
}

function blames(guest: Guest): FilesEvents['holder:blamed'][] {
  const heard: FilesEvents['holder:blamed'][] = []
  guest.files.events.on('holder:blamed', (blame) => heard.push(blame))
  return heard
}

/** Counts reads of pieces from a store from now on. */
function countPieces(shards: ShardStore): () => number {
  let count = 0
  const piece = shards.piece.bind(shards)
  shards.piece = (...position) => {
    count++
    return piece(...position)
  }
  return () => count
}

/** States of a guest's transfers as told, without repeats. */
function kinds(guest: Guest): TransferState['kind'][] {
  const heard: TransferState['kind'][] = []
  guest.files.events.on('transfer:changed', ({ transfer }) => {
    if (heard.at(-1) !== transfer.state.kind) heard.push(transfer.state.kind)
  })
  return heard
}

describe('fetching', () => {
  it('FI-19: rebuilds every segment when the holders of data shards are gone', async () => {
    const [owner, ...others] = await party.people(7)
    if (owner === undefined) throw new Error('nobody came')
    const bytes = randomBytes(3_000_000)
    const file = await owner.files.share(memorySource(bytes))
    await until(() => owner.view(file)?.durability.survivableLosses === 4, 'six columns')
    await owner.leave()
    const shardOf = new Map(
      owner.view(file)?.durability.holdings.map(({ account, shards }) => [account, shards[0]]),
    )
    // The two data columns go, then two more: the last two parity columns must do.
    const byShard = others.toSorted((a, b) => (shardOf.get(a.account) ?? 0) - (shardOf.get(b.account) ?? 0))
    for (const gone of byShard.slice(0, 4)) await gone.leave()
    const late = await party.guest('late')
    await until(() => late.view(file)?.durability.survivableLosses === 0, 'two columns')
    const reachable = late.view(file)?.durability.holdings.filter((holding) => holding.reachable)
    expect(reachable?.flatMap(({ shards }) => shards).sort()).toEqual([4, 5])
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
  })

  it('FI-19: pulls from several holders at once, each piece once', async () => {
    const bytes = randomBytes(8_000_000)
    const { file, holders } = await orphan(bytes)
    const served = holders.map(({ shards }) => countPieces(shards))
    const late = await party.guest('late')
    await until(() => late.view(file)?.durability.survivableLosses === 1)
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
    const [first = 0, second = 0] = served.map((count) => count())
    expect(first + second).toBe(Math.ceil(8_000_000 / (262_144 - 16)))
    expect(Math.min(first, second)).toBeGreaterThan(5)
  })

  it('FI-19: of two tabs of one person only one is asked, and they count once', async () => {
    const { file, holders } = await orphan(randomBytes(600_000))
    const [first, second] = holders
    if (first === undefined || second === undefined) throw new Error('nobody holds')
    await second.leave()
    const tab = await party.guest('z second tab', { person: 41, shards: first.shards })
    const late = await party.guest('late', { budgetBytes: 0 })
    await until(() => late.view(file)?.durability.survivableLosses === 0)
    const served = countPieces(first.shards)
    await fetchBytes(late, file)
    expect(served()).toBe(3)
    expect(tab.account).toBe(first.account)
    const reachable = late.view(file)?.durability.holdings.filter((holding) => holding.reachable)
    expect(reachable?.map(({ account }) => account)).toEqual([first.account])
  })

  it('FI-19: what is kept here is read first and nobody is asked', async () => {
    const a = await party.guest('a')
    const bytes = randomBytes(900_000)
    const file = await a.files.share(memorySource(bytes))
    const rogue = await Rogue.join(party, 'b', 90, async () => {
      await Promise.resolve()
    })
    expect(equalBytes(await fetchBytes(a, file), bytes)).toBe(true)
    expect(rogue.heard.filter(({ type }) => type === 'pieces' || type === 'manifest')).toEqual([])
  })

  it('FI-19: a piece that rotted on this disk comes from another holder', async () => {
    const [a, b] = await party.people(2)
    if (a === undefined || b === undefined) throw new Error('nobody came')
    const bytes = randomBytes(700_000)
    const file = await a.files.share(memorySource(bytes))
    await until(() => b.view(file)?.isLocal === true)
    const rotten = await b.shards.piece(file, 1, 0)
    if (rotten === undefined) throw new Error('no piece')
    rotten.bytes[5] = (rotten.bytes[5] ?? 0) ^ 1
    await b.shards.putPieces(file, [rotten])
    expect(equalBytes(await fetchBytes(b, file), bytes)).toBe(true)
  })

  it('FI-21: an unknown id is UnknownFileError and the sink is cleaned', async () => {
    const a = await party.guest('a')
    const sink = new MemorySink()
    await expect(a.files.fetch('x'.repeat(43) as FileId, sink)).rejects.toMatchObject({
      name: 'UnknownFileError',
    })
    expect(sink.state).toBe('aborted')
  })

  it('FI-21: a sink that refuses ends the fetch with its error and is cleaned', async () => {
    const { file } = await orphan(randomBytes(3_000_000))
    const late = await party.guest('late')
    const sink = new MemorySink()
    sink.write = () => Promise.reject(new Error('disk is full'))
    await expect(late.files.fetch(file, sink)).rejects.toThrow('disk is full')
    expect(sink.state).toBe('aborted')
    expect(late.files.transfers().at(-1)?.state).toMatchObject({ kind: 'failed', message: 'disk is full' })
  })

  it('FI-21: cancelled before any segment it cleans the sink, and nothing is kept here', async () => {
    const { file } = await orphan(randomBytes(3_000_000))
    for (let at = 0; at < 11; at++) {
      const late = await party.guest(`late${at}`, { budgetBytes: 0 })
      const stop = new AbortController()
      const sink = new MemorySink()
      const write = sink.write.bind(sink)
      let written = 0
      sink.write = (bytes) => {
        if (written++ === at) stop.abort()
        return write(bytes)
      }
      const fetching = late.files.fetch(file, sink, { signal: stop.signal })
      await expect(fetching).rejects.toMatchObject({ name: 'AbortError' })
      expect(sink.state).toBe('aborted')
      expect((await late.shards.usage()).totalBytes).toBe(0)
      await late.leave()
    }
  })

  it('FI-20: a card with a wrong key or size is CorruptFileError; another card of the file with the right one helps', async () => {
    const { file, holders } = await orphan(randomBytes(300_000))
    const late = await party.guest('late')
    const [real] = party.hub.entries
    if (real?.body.kind !== 'file') throw new Error('no card')
    const other = new Party()
    const liar = await other.guest('liar')
    other.hub.post(liar.account, { ...real.body, key: new Uint8Array(32) })
    expect(liar.view(file)?.name).toBe(real.body.name)
    party.hub.post(holders[0]?.account ?? liar.account, { ...real.body, key: new Uint8Array(32) }, 0)
    expect(late.view(file)?.owner).toBe(holders[0]?.account)
    expect((await fetchBytes(late, file)).byteLength).toBe(300_000)
    await other.stop()
  })

  it('FI-20: a file whose only card lies about key or size is CorruptFileError', async () => {
    for (const lie of [{ key: new Uint8Array(32) }, { sizeBytes: 300_001 }]) {
      const [a, b] = [await party.guest('a'), await party.guest('b')]
      a.chat.send = (body) => Promise.resolve(party.hub.post(a.account, { ...body, ...lie }))
      const file = await a.files.share(memorySource(randomBytes(300_000)))
      const sink = new MemorySink()
      await expect(b.files.fetch(file, sink)).rejects.toMatchObject({ name: 'CorruptFileError' })
      expect(sink.state).toBe('aborted')
      await party.stop()
      party = new Party()
    }
  })
})

/** How a holder may spoil a piece, and the name under which it is blamed. */
const corruptors: readonly (readonly [string, string, (piece: StoredPiece) => StoredPiece])[] = [
  ['one bit in the first byte', 'CorruptPieceError', (p) => ({ ...p, bytes: flipped(p.bytes, 0) })],
  [
    'one bit in the last byte',
    'CorruptPieceError',
    (p) => ({ ...p, bytes: flipped(p.bytes, p.bytes.length - 1) }),
  ],
  ['zeros', 'CorruptPieceError', (p) => ({ ...p, bytes: new Uint8Array(p.bytes.length) })],
  ['64 bytes too few', 'CorruptPieceError', (p) => ({ ...p, bytes: p.bytes.slice(64) })],
  ['64 bytes too many', 'CorruptPieceError', (p) => ({ ...p, bytes: new Uint8Array(p.bytes.length + 64) })],
  ['no path', 'CorruptPieceError', (p) => ({ ...p, path: new Uint8Array(0) })],
  [
    'a path of another length',
    'CorruptPieceError',
    (p) => ({ ...p, path: new Uint8Array(p.path.length + 32) }),
  ],
  ['one bit in its path', 'CorruptPieceError', (p) => ({ ...p, path: flipped(p.path, 3) })],
  ['a path that is no list of nodes', 'InvalidMessageError', (p) => ({ ...p, path: p.path.slice(1) })],
]

function flipped(bytes: Bytes, at: number): Bytes {
  const out = new Uint8Array(bytes)
  out[at] = (out[at] ?? 0) ^ 0x10
  return out
}

describe('a hostile holder', () => {
  it.each(corruptors)('FI-19: who gives %s is blamed and passed over', async (_, name, spoil) => {
    const { bytes, file, late, rogue } = await withRogue((piece) => Promise.resolve(spoil(piece)))
    const heard = blames(late)
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
    expect(heard).toEqual([{ account: rogue.identity.account, file, error: name }])
    expect(late.view(file)?.durability.holdings.map(({ account }) => account)).not.toContain(
      rogue.identity.account,
    )
  })

  it('FI-19: who ends the stream in the middle of a piece is passed over, and not blamed: a lost link looks the same', async () => {
    const { bytes, file, late } = await withRogue(async ({ segment, shard, bytes: piece, path }, stream) => {
      const sizeBytes = piece.byteLength
      await stream.send(encodeAnswer({ type: 'piece', segment, shard, sizeBytes, path }))
      await stream.close()
      return undefined
    })
    const heard = blames(late)
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
    expect(heard).toEqual([])
  })

  it('FI-19: who answers with pieces that nobody asked for is blamed', async () => {
    const { bytes, file, late } = await withRogue((piece) =>
      Promise.resolve({ ...piece, segment: 0, shard: 0 }),
    )
    const rogueSays = blames(late)
    expect(equalBytes(await fetchBytes(late, file), bytes)).toBe(true)
    expect(rogueSays.length).toBeLessThanOrEqual(1)
  })

  it('FI-19: when the only holder lies, nobody else can help: FileUnavailableError, nothing wrong written', async () => {
    const owner = await party.guest('a')
    const file = await owner.files.share(memorySource(randomBytes(900_000)))
    const record = await owner.shards.file(file)
    const sink = new MemorySink()
    const written: number[] = []
    sink.write = (bytes) => Promise.resolve(void written.push(bytes.byteLength))
    const spoiled = holding([0], owner.shards, file, (piece) =>
      Promise.resolve({ ...piece, bytes: flipped(piece.bytes, 1) }),
    )
    const manifest: Misdeed = async (request, stream, rogue) => {
      if (request.type !== 'manifest' || record === undefined) return await spoiled(request, stream, rogue)
      await stream.send(encodeAnswer({ type: 'manifest', sizeBytes: record.manifest.byteLength }))
      await stream.send(record.manifest)
    }
    await owner.leave()
    // The owner is back as somebody who lies: the same account speaks the protocol by hand.
    await Rogue.join(party, 'a again', 40, manifest)
    const late = await party.guest('late')
    await expect(late.files.fetch(file, sink)).rejects.toMatchObject({
      ...{ name: 'FileUnavailableError', missingShards: 1, waitingHelps: false },
    })
    expect(written).toEqual([])
    expect(sink.state).toBe('aborted')
  })

  it('FI-5: a wrong manifest is blamed and another member is asked', async () => {
    const { file } = await orphan(randomBytes(200_000))
    const wrong: Misdeed = async (request, stream, rogue) => {
      if (request.type === 'have') {
        const receipts = [await rogue.receipt(file, [0])]
        await stream.send(encodeAnswer({ type: 'holdings', file, receipts }))
      } else {
        await stream.send(encodeAnswer({ type: 'manifest', sizeBytes: 300 }))
        await stream.send(randomBytes(300))
      }
    }
    const rogues: string[] = []
    for (let i = 0; i < 4; i++) {
      rogues.push((await Rogue.join(party, `rogue${i}`, 80 + i, wrong)).identity.account)
    }
    const late = await party.guest('late')
    const heard = blames(late)
    expect((await fetchBytes(late, file)).byteLength).toBe(200_000)
    expect(heard.length).toBeGreaterThan(0)
    expect(rogues).toEqual(expect.arrayContaining(heard.map(({ account }) => account)))
  })

  /** A file with one honest holder and one rogue one, and somebody who fetches it. */
  async function withRogue(
    spoil: Parameters<typeof holding>[3],
  ): Promise<{ bytes: Bytes; file: FileId; late: Guest; rogue: Rogue }> {
    const bytes = randomBytes(2_000_000)
    const { file, holders } = await orphan(bytes)
    const [honest, second] = holders
    if (honest === undefined || second === undefined) throw new Error('nobody holds')
    await second.leave()
    const rogue = await Rogue.join(party, 'rogue', 99, holding([0], honest.shards, file, spoil))
    const late = await party.guest('late', { budgetBytes: 0 })
    const claims = (): number =>
      late.view(file)?.durability.holdings.filter(({ reachable }) => reachable).length ?? 0
    await until(() => claims() === 2, 'both claim to hold')
    return { bytes, file, late, rogue }
  }
})

describe('a file nobody here has', () => {
  it('FI-21: waits while its holders are away and goes on by itself when one comes', async () => {
    const shards = createMemoryStorage().shards
    const owner = await party.guest('owner', { person: 1, shards })
    const bytes = randomBytes(1_500_000)
    const file = await owner.files.share(memorySource(bytes))
    await owner.leave()
    const late = await party.guest('late')
    const heard = kinds(late)
    const fetching = fetchBytes(late, file)
    await until(() => heard.at(-1) === 'waiting')
    expect(late.files.transfers()[0]?.state).toEqual({
      kind: 'waiting',
      reason: 'no-holder',
      missingShards: 0,
    })
    await party.guest('owner again', { person: 1, shards })
    expect(equalBytes(await fetching, bytes)).toBe(true)
    expect(heard).toEqual(['fetching', 'waiting', 'fetching', 'done'])
  })

  it('FI-21: waits in the middle when the last holder leaves, and goes on with the next', async () => {
    const bytes = randomBytes(40_000_000)
    const [owner, late] = [await party.guest('owner'), await party.guest('late', { budgetBytes: 0 })]
    const spare = await party.guest('spare')
    const file = await owner.files.share(memorySource(bytes))
    await until(() => spare.view(file)?.isLocal === true, 'spare holds it')
    const heard = kinds(late)
    party.rooms.part(spare.room, late.room)
    const sink = new MemorySink()
    let parted = false
    const write = sink.write.bind(sink)
    sink.write = async (part) => {
      if (!parted) party.rooms.part(owner.room, late.room)
      parted = true
      await write(part)
    }
    const fetching = late.files.fetch(file, sink)
    await until(() => heard.at(-1) === 'waiting', 'waiting')
    await party.rooms.rejoin(spare.room, late.room)
    await fetching
    expect(equalBytes(sink.bytes(), bytes)).toBe(true)
  })

  it('FI-21: fails at once when everyone is here and nobody has it', async () => {
    const [owner, b] = [await party.guest('a'), await party.guest('b', { budgetBytes: 0 })]
    const file = await owner.files.share(memorySource(randomBytes(500_000)))
    await owner.files.forget(file)
    const sink = new MemorySink()
    await expect(b.files.fetch(file, sink)).rejects.toMatchObject({
      ...{ name: 'FileUnavailableError', waitingHelps: false },
    })
    expect(sink.state).toBe('aborted')
  })

  it('FI-21: gives up after an hour, and says that waiting can help', async () => {
    const owner = await party.guest('owner')
    const file = await owner.files.share(memorySource(randomBytes(100_000)))
    await owner.leave()
    const late = await party.guest('late')
    const outcome = fetchBytes(late, file).catch((error: unknown) => error)
    await party.clock.advance(3_620_000)
    expect(await outcome).toMatchObject({ name: 'FileUnavailableError', waitingHelps: true })
  })
})
