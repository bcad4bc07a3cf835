import { afterEach, describe, expect, it } from 'vitest'
import { toBase64Url, type Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import type { MeshStream } from '../mesh/index.ts'
import { filesProtocol } from './constants.ts'
import { decodeAnswer, encodeAnswer, encodeRequest, type Answer, type Request } from './messages.ts'
import { memorySource, Party, randomBytes, until, type Guest } from './testing/party.ts'
import { holding, Rogue } from './testing/rogue.ts'

let party = new Party()
afterEach(async () => {
  await party.stop()
  party = new Party()
})

async function setting(): Promise<{ a: Guest; rogue: Rogue; file: FileId }> {
  const a = await party.guest('a')
  const rogue = await Rogue.join(party, 'rogue', 99, async () => {
    await Promise.resolve()
  })
  return { a, rogue, file: await a.files.share(memorySource(randomBytes(700_000))) }
}

async function open(rogue: Rogue, a: Guest): Promise<MeshStream> {
  return await rogue.room.openStream(a.room.self.peer, filesProtocol, { maxFrameBytes: 65_536 })
}

/** The first answer to one request, or the name of what ended the stream. */
async function ask(stream: MeshStream, request: Request | Bytes): Promise<Answer | string> {
  try {
    await stream.send(request instanceof Uint8Array ? request : encodeRequest(request))
    const frame = await stream.receive()
    return frame === undefined ? 'closed' : decodeAnswer(frame)
  } catch (error) {
    return (error as Error).name
  }
}

const unknown = toBase64Url(new Uint8Array(32)) as FileId

describe('the answering end', () => {
  it('FI-5: gives any member manifest and pieces of what it holds, and "unknown" or "none" else', async () => {
    const { a, rogue, file } = await setting()
    expect(await ask(await open(rogue, a), { type: 'manifest', file })).toMatchObject({ type: 'manifest' })
    expect(await ask(await open(rogue, a), { type: 'manifest', file: unknown })).toMatchObject({
      reason: 'unknown',
    })
    expect(await ask(await open(rogue, a), { type: 'pieces', file: unknown })).toMatchObject({
      reason: 'unknown',
    })
    const stream = await open(rogue, a)
    expect(await ask(stream, { type: 'pieces', file })).toEqual({ type: 'ready' })
    expect(await ask(stream, { type: 'want', segment: 99, shard: 0 })).toMatchObject({ type: 'none' })
    expect(await ask(stream, { type: 'want', segment: 0, shard: 1 })).toMatchObject({ type: 'none' })
    expect(await ask(stream, { type: 'want', segment: 2, shard: 0 })).toMatchObject({ type: 'piece' })
  })

  it('FI-5: does not tell of files of another room', async () => {
    const { a, rogue } = await setting()
    const manifest = new Uint8Array(1)
    const foreign = { id: unknown, room: 'BBBBBBBBBBBBBBBBBBBBBA' as never, manifest, addedAt: 0, own: true }
    await a.shards.putFile({ ...foreign, state: 'complete' })
    expect(await ask(await open(rogue, a), { type: 'pieces', file: unknown })).toMatchObject({
      reason: 'unknown',
    })
    expect(await ask(await open(rogue, a), { type: 'manifest', file: unknown })).toMatchObject({
      reason: 'unknown',
    })
    const holdings = await ask(await open(rogue, a), { type: 'have', files: [unknown] })
    expect(holdings).toEqual({ type: 'holdings', file: unknown, receipts: [] })
  })

  it.each<readonly [string, Bytes]>([
    ['a want first', encodeRequest({ type: 'want', segment: 0, shard: 0 })],
    ['no bytes', new Uint8Array(0)],
    ['noise', randomBytes(300)],
    ['a frame over the bound', new Uint8Array(4_097)],
    ['an offer of nothing', encodeRequest({ type: 'offer', file: unknown, shards: [], sizeBytes: 1 })],
    ['another message', toCbor({ type: 'hello' })],
  ])('FI-3: %s ends the stream, and the next one is served', async (_, frame) => {
    const { a, rogue, file } = await setting()
    expect(await ask(await open(rogue, a), frame)).toBe('StreamClosedError')
    expect(await ask(await open(rogue, a), { type: 'manifest', file })).toMatchObject({ type: 'manifest' })
  })

  it('FI-6: serves eight streams of one peer at once; a ninth hears busy until one ends', async () => {
    const { a, rogue, file } = await setting()
    const streams: MeshStream[] = []
    for (let i = 0; i < 8; i++) {
      const stream = await open(rogue, a)
      expect(await ask(stream, { type: 'pieces', file })).toEqual({ type: 'ready' })
      streams.push(stream)
    }
    expect(await ask(await open(rogue, a), { type: 'pieces', file })).toEqual({
      type: 'refused',
      reason: 'busy',
    })
    await streams[0]?.close()
    await settle()
    expect(await ask(await open(rogue, a), { type: 'pieces', file })).toEqual({ type: 'ready' })
  })

  it('FI-6: ends a stream that says nothing, and one that stays idle for a minute', async () => {
    const { a, rogue, file } = await setting()
    const silent = await open(rogue, a)
    const idle = await open(rogue, a)
    expect(await ask(idle, { type: 'pieces', file })).toEqual({ type: 'ready' })
    await party.clock.advance(10_001)
    expect(silent.signal.aborted).toBe(true)
    expect(idle.signal.aborted).toBe(false)
    await party.clock.advance(50_000)
    expect(idle.signal.aborted).toBe(true)
  })

  it('FI-18: an offer of pieces that do not fit their manifest is refused, blamed, and leaves nothing', async () => {
    const { a, file } = await setting()
    const b = await party.guest('b', { budgetBytes: 0 })
    await settle(50)
    const record = await a.shards.file(file)
    const heard: string[] = []
    const c = await party.guest('c', { budgetBytes: 5_000_000 })
    c.files.events.on('holder:blamed', ({ error }) => heard.push(error))
    await until(() => c.view(file)?.isLocal === true)
    await c.files.forget(file)
    const d = await party.guest('d')
    d.files.events.on('holder:blamed', ({ error }) => heard.push(error))
    await until(() => d.view(file)?.isLocal === true)
    // A rogue offers another file of its own making to everyone with the same manifest but spoiled pieces.
    const spoil = holding([0], a.shards, file, (piece) => {
      const bytes = new Uint8Array(piece.bytes)
      bytes[9] = (bytes[9] ?? 0) ^ 1
      return Promise.resolve({ ...piece, bytes })
    })
    const liar = await Rogue.join(party, 'liar', 98, async (request, stream, rogue) => {
      if (request.type !== 'manifest' || record === undefined) return await spoil(request, stream, rogue)
      await stream.send(encodeAnswer({ type: 'manifest', sizeBytes: record.manifest.byteLength }))
      await stream.send(record.manifest)
    })
    const victim = await party.guest('e')
    victim.files.events.on('holder:blamed', ({ error }) => heard.push(error))
    await until(
      () => victim.view(file)?.durability.holdings.some(({ account }) => account === d.account) === true,
    )
    const stream = await open(liar, victim)
    const offer: Request = { type: 'offer', file, shards: [0], sizeBytes: 800_000 }
    expect(await ask(stream, offer)).toEqual({ type: 'accepted' })
    expect(decodeAnswer((await stream.receive()) ?? new Uint8Array(0))).toEqual({
      ...{ type: 'refused', reason: 'failed' },
    })
    expect(heard).toContain('CorruptPieceError')
    expect((await victim.shards.usage()).totalBytes).toBe(0)
    expect(b.view(file)?.isLocal).toBe(false)
  })

  it('FI-18: an offer that names too few bytes or shards beyond the code is refused', async () => {
    const { a, file } = await setting()
    const victim = await party.guest('e', { budgetBytes: 1_000_000 })
    await until(() => victim.view(file)?.isLocal === true)
    await victim.files.forget(file)
    const other = await party.guest('f', { budgetBytes: 600_000 })
    await settle(100)
    const record = await a.shards.file(file)
    const liar = await Rogue.join(party, 'liar', 98, async (request, stream) => {
      if (request.type !== 'manifest' || record === undefined) return
      await stream.send(encodeAnswer({ type: 'manifest', sizeBytes: record.manifest.byteLength }))
      await stream.send(record.manifest)
    })
    for (const offer of [
      { shards: [0], sizeBytes: 1_000 },
      { shards: [1], sizeBytes: 500_000 },
    ]) {
      const stream = await open(liar, other)
      expect(await ask(stream, { type: 'offer', file, ...offer })).toEqual({ type: 'accepted' })
      expect(decodeAnswer((await stream.receive()) ?? new Uint8Array(0))).toMatchObject({ type: 'refused' })
    }
    expect((await other.shards.usage()).totalBytes).toBe(0)
  })
})
