import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toBase64Url, type Bytes } from '../base/bytes.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { AccountId, EntryId } from '../base/ids.ts'
import {
  answerTimeoutMs,
  chatProtocol,
  maxChatFrameBytes,
  maxSessionsPerPeer,
  syncEveryMs,
} from './constants.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { decodeEntry } from './entry.ts'
import { encodeGossip } from './gossip.ts'
import { decodeChatMessage, encodeChatMessage, type ChatMessage } from './messages.ts'
import { ChatHouse, heardBy, houseRoom, say, textsOf, type Tab } from './testing/chat-house.ts'
import { after, entryFields, signFields } from './testing/forge.ts'

let house: ChatHouse
let bert: Tab
let mallory: Tab
beforeEach(async () => {
  house = new ChatHouse()
  bert = await house.open(2)
  mallory = await house.open(9, { isStarted: false })
  await house.calm()
})
afterEach(() => house.stop())

const account = (byte: number): AccountId => toBase64Url(new Uint8Array(32).fill(byte)) as AccountId
const id = toBase64Url(new Uint8Array(32)) as EntryId
const noHeads: ChatMessage = { t: 'heads', logs: [], receipts: [] }
const claims: ChatMessage = { t: 'heads', logs: [{ author: account(1), seq: 9, id }], receipts: [] }

async function dial(): Promise<MeshStream> {
  return mallory.room.openStream(bert.room.self.peer, chatProtocol, {
    maxFrameBytes: maxChatFrameBytes,
    overRelay: true,
  })
}

const send = async (stream: MeshStream, ...messages: readonly ChatMessage[]): Promise<void> => {
  for (const message of messages) await stream.send(encodeChatMessage(message)).catch(() => undefined)
}

/** Reads messages until one of kind `t`. */
async function read<T extends ChatMessage['t']>(
  stream: MeshStream,
  t: T,
): Promise<Extract<ChatMessage, { t: T }>> {
  for (;;) {
    const frame = await stream.receive()
    if (frame === undefined) throw new Error(`no ${t} came`)
    const message = decodeChatMessage(frame)
    if (message.t === t) return message as Extract<ChatMessage, { t: T }> // kind compared above
  }
}

/** An honest log of three entries of somebody absent. */
async function absentLog(): Promise<{ author: AccountId; list: Bytes[]; head: EntryId }> {
  const author = await testIdentity(1)
  const list: Bytes[] = []
  let place = {}
  let head = id
  for (let i = 0; i < 3; i++) {
    const bytes = await signFields(
      author,
      entryFields(author, { ...place, body: { kind: 'text', text: `a${String(i)}` } }),
    )
    const entry = decodeEntry(bytes, houseRoom)
    place = after(entry)
    head = entry.id
    list.push(bytes)
  }
  return { author: author.account, list, head }
}

describe('hostile streams', () => {
  const cases: [string, readonly ChatMessage[]][] = [
    ['done before heads', [{ t: 'done' }]],
    ['a request before heads', [{ t: 'want', author: account(1), from: 0, max: 1 }]],
    ['entries before heads', [{ t: 'entries', author: account(1), from: 0, list: [] }]],
    ['receipts before heads', [{ t: 'receipts', list: [] }]],
    ['heads twice', [noHeads, noHeads]],
    ['a notice inside a session', [noHeads, { t: 'notice', entries: [], receipts: [] }]],
    ['entries nobody asked for', [noHeads, { t: 'entries', author: account(1), from: 0, list: [] }]],
    ['done twice', [claims, { t: 'done' }, { t: 'done' }]],
    ['a request after done', [claims, { t: 'done' }, { t: 'want', author: account(1), from: 0, max: 1 }]],
    ['an answer about another author', [claims, { t: 'entries', author: account(2), from: 0, list: [] }]],
    ['an answer from another position', [claims, { t: 'entries', author: account(1), from: 1, list: [] }]],
    ['a receipt of nonsense', [noHeads, { t: 'receipts', list: [new Uint8Array(100)] }]],
    ['heads inside a notice stream', [{ t: 'notice', entries: [], receipts: [] }, noHeads]],
  ]

  it.each(cases)('CH-12 %s ends that stream and nothing else', async (_, messages) => {
    const stream = await dial()
    await send(stream, ...messages)
    await house.until(() => stream.signal.aborted, 'the stream is over')
    await mallory.chat.start()
    await say(mallory, 'well behaved')
    await house.calm(3_000)
    expect(textsOf(bert.chat)).toEqual(['well behaved'])
  })

  it('CH-12 bytes that are no message, and frames over the bound, end the stream', async () => {
    for (const frame of [new Uint8Array(), new Uint8Array([0xff]), new Uint8Array(maxChatFrameBytes + 1)]) {
      const stream = await dial()
      await stream.send(frame)
      await house.until(() => stream.signal.aborted, 'the stream is over')
    }
  })

  it('CH-12 more sessions than one peer may have are turned away', async () => {
    const streams: MeshStream[] = []
    for (let i = 0; i < maxSessionsPerPeer + 3; i++) streams.push(await dial())
    await house.calm(0)
    expect(streams.filter(({ signal }) => signal.aborted)).toHaveLength(3)
    for (let i = 0; i < 60; i++) {
      const stream = await dial()
      stream.abort(new Error('just knocking'))
    }
    await house.calm(0)
    const last = await dial()
    await house.until(() => last.signal.aborted, 'the last is turned away')
  })

  it('CH-12 an answer that never comes ends the session, and others are asked', async () => {
    const { author, list, head } = await absentLog()
    const stream = await dial()
    await send(stream, { t: 'heads', logs: [{ author, seq: 2, id: head }], receipts: [] })
    await read(stream, 'want')
    await house.clock.advance(answerTimeoutMs + 100)
    await house.until(() => stream.signal.aborted, 'the session is over')
    const again = await dial()
    await send(again, { t: 'heads', logs: [{ author, seq: 2, id: head }], receipts: [] })
    const want = await read(again, 'want')
    await send(again, { t: 'entries', author, from: want.from, list }, { t: 'done' })
    await read(again, 'done')
    expect(textsOf(bert.chat)).toEqual(['a0', 'a1', 'a2'])
  })

  it('CH-12 a member that says nothing of its holdings ends the session, and is asked again', async () => {
    const asked: MeshStream[] = []
    mallory.room.handle(
      chatProtocol,
      async (stream) => {
        asked.push(stream)
        await new Promise((resolve) => stream.signal.addEventListener('abort', resolve))
      },
      { maxFrameBytes: maxChatFrameBytes, overRelay: true },
    )
    for (let ms = 0; asked.length === 0 && ms < 2 * syncEveryMs; ms += 500) await house.clock.advance(500)
    expect(asked).toHaveLength(1)
    await house.clock.advance(answerTimeoutMs)
    await house.until(() => asked[0]?.signal.aborted === true, 'the session is over')
    await house.clock.advance(1.5 * syncEveryMs) // the tries after a failure are used up: in the next round
    await house.until(() => asked.length > 1, 'it is asked again')
  })

  it('CH-12 good entries before a bad one are kept, and the author’s true log is still asked of others', async () => {
    const { author, list, head } = await absentLog()
    const [a = new Uint8Array(), b = new Uint8Array()] = list
    const stream = await dial()
    await send(stream, { t: 'heads', logs: [{ author, seq: 2, id: head }], receipts: [] })
    await read(stream, 'want')
    await send(
      stream,
      { t: 'entries', author, from: 0, list: [a, new Uint8Array(b.length).fill(1)] },
      { t: 'done' },
    )
    await read(stream, 'done')
    expect(textsOf(bert.chat)).toEqual(['a0'])
    const other = await dial()
    await send(other, { t: 'heads', logs: [{ author, seq: 2, id: head }], receipts: [] })
    const want = await read(other, 'want')
    expect(want.from).toBe(1)
    await send(other, { t: 'entries', author, from: 1, list: list.slice(1) }, { t: 'done' })
    await read(other, 'done')
    expect(textsOf(bert.chat)).toEqual(['a0', 'a1', 'a2'])
  })

  it('CH-12 entries that do not follow one another end the asking for that author', async () => {
    const { author, list, head } = await absentLog()
    const [a = new Uint8Array(), , c = new Uint8Array()] = list
    const stream = await dial()
    await send(stream, { t: 'heads', logs: [{ author, seq: 2, id: head }], receipts: [] })
    await read(stream, 'want')
    await send(stream, { t: 'entries', author, from: 0, list: [a, c] })
    const frame = await stream.receive()
    expect(decodeChatMessage(frame ?? new Uint8Array())).toEqual({ t: 'done' })
    expect(textsOf(bert.chat)).toEqual(['a0'])
    stream.abort(new Error('enough'))
  })

  it('CH-6 a history proven foreign is asked for once, however often it is offered', async () => {
    const { author, list } = await absentLog()
    await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes: list[0] ?? new Uint8Array() }))
    await house.calm(100)
    expect(textsOf(bert.chat)).toEqual(['a0'])
    const evil = await testIdentity(1)
    const place = { seq: 1, prev: new Uint8Array(32).fill(4) }
    const other = decodeEntry(await signFields(evil, entryFields(evil, place)), houseRoom)
    let wants = 0
    for (let i = 0; i < 5; i++) {
      const stream = await dial()
      await send(stream, { t: 'heads', logs: [{ author, seq: 1, id: other.id }], receipts: [] })
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        const message = decodeChatMessage(frame)
        if (message.t === 'want') {
          wants += 1
          await send(stream, { t: 'entries', author, from: message.from, list: [other.bytes] })
        } else if (message.t === 'done') {
          await send(stream, { t: 'done' })
          await stream.close()
        }
      }
    }
    expect(wants).toBe(1)
    expect(heardBy(bert, 'chat:forked')).toEqual([{ account: author }])
    expect(textsOf(bert.chat)).toEqual(['a0'])
  })

  it('CH-11 entries that gossip brings in the wrong order are shown without catch-up', async () => {
    const { list } = await absentLog()
    let opened = 0
    bert.room.openStream = () => {
      opened += 1
      return Promise.reject(new Error('no catch-up here'))
    }
    for (const i of [2, 1, 0]) {
      await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes: list[i] ?? new Uint8Array() }))
      await settle(8)
    }
    await house.calm(1_000)
    expect(textsOf(bert.chat)).toEqual(['a0', 'a1', 'a2'])
    expect(opened).toBe(0)
  })

  it('CH-12 answers are bounded in bytes, and asked on from where they stopped', async () => {
    const long = 'x'.repeat(60_000)
    for (let i = 0; i < 7; i++) await say(bert, `${String(i)} ${long}`)
    const stream = await dial()
    await send(stream, noHeads)
    const author = bert.identity.account
    let from = 0
    while (from < 7) {
      await send(stream, { t: 'want', author, from, max: 512 })
      const { list } = await read(stream, 'entries')
      expect(list.length).toBeGreaterThan(0)
      expect(list.length).toBeLessThanOrEqual(3)
      from += list.length
    }
    await send(stream, { t: 'want', author, from: 0xffff_ffff, max: 1 })
    expect((await read(stream, 'entries')).list).toEqual([])
  })
})
