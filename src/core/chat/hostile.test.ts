import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errorName } from '../base/errors.ts'
import { fromBase64Url, type Bytes } from '../base/bytes.ts'
import type { AccountId } from '../base/ids.ts'
import { createVerifier, type Identity } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { createMemoryStorage } from '../storage/index.ts'
import { checkSignature, decodeEntry, type LogEntry } from './entry.ts'
import { encodeGossip } from './gossip.ts'
import { checkReceiptSignature, decodeReceipt } from './receipt.ts'
import { RoomLogs } from './room-logs.ts'
import { ChatHouse, houseRoom, rowOf, say, textsOf, type Tab } from './testing/chat-house.ts'
import { after, entryFields, flip, receiptFields, signContent, signFields } from './testing/forge.ts'
import { hostileEntries, type Scene } from './testing/hostile-entries.ts'
import { toCbor } from '../base/wire/cbor.ts'

const verify = createVerifier()

async function scene(): Promise<Scene> {
  const author = await testIdentity(1)
  const other = await testIdentity(2)
  const first = decodeEntry(await signFields(author, entryFields(author)), houseRoom)
  const second = decodeEntry(
    await signFields(author, entryFields(author, { ...after(first), body: { kind: 'text', text: 'two' } })),
    houseRoom,
  )
  return { author, other, log: [first, second] }
}

/** The road every entry takes, in its order, with what came of it. */
async function judge(bytes: Bytes, { log, other }: Scene): Promise<string> {
  const shown: LogEntry[] = []
  const logs = new RoomLogs({
    room: houseRoom,
    self: other.account,
    store: createMemoryStorage().logs,
    logger: () => undefined,
    isMet: () => true,
    onGrown: (entries) => void shown.push(...entries),
    onForked: () => undefined,
  })
  await logs.extend(log[0].author, log, 'live')
  shown.length = 0
  try {
    const entry = decodeEntry(bytes, houseRoom)
    await checkSignature(entry, verify)
    if ((await logs.extend(entry.author, [entry], 'live')) === 'gap') return 'gap'
    if (shown.length === 0) return 'known'
    return entry.body === undefined ? 'hidden' : 'shown'
  } catch (error) {
    return errorName(error)
  }
}

describe('hostile entries', () => {
  let stage: Scene
  beforeAll(async () => {
    stage = await scene()
  })

  it('are at least forty, each named once', () => {
    const names = new Set(hostileEntries.map(({ name }) => name))
    expect(names.size).toBe(hostileEntries.length)
    expect(names.size).toBeGreaterThanOrEqual(40)
  })

  it.each(hostileEntries.map((it) => [it.name, it] as const))('CH-2 %s', async (_, { make, outcome }) => {
    expect(await judge(await make(stage), stage)).toBe(outcome)
  })
})

describe('hostile members', () => {
  let house: ChatHouse
  let bert: Tab
  let mallory: Tab
  beforeEach(async () => {
    house = new ChatHouse()
    bert = await house.open(2)
    mallory = await house.open(9)
    await house.calm()
  })
  afterEach(() => house.stop())

  const gossip = async (kind: 'entry' | 'receipt', bytes: Bytes): Promise<void> => {
    await mallory.room.publish('chat', encodeGossip({ kind, bytes }))
    await house.calm(200)
  }

  it('CH-2 every hostile entry sent live changes nothing that is shown, and honest ones go on arriving', async () => {
    const stage = await scene()
    for (const { bytes } of stage.log) await gossip('entry', bytes)
    const before = textsOf(bert.chat)
    expect(before).toEqual(['hi', 'two'])
    for (const { make, outcome, name } of hostileEntries) {
      if (outcome === 'shown' || outcome === 'hidden') continue
      await gossip('entry', await make(stage))
      expect(textsOf(bert.chat), name).toEqual(before)
    }
    expect((await bert.stores.logs.heads(houseRoom)).size).toBe(1)
    const honest = entryFields(stage.author, {
      ...after(stage.log[1]),
      body: { kind: 'text', text: 'three' },
    })
    await gossip('entry', await signFields(stage.author, honest))
    expect(textsOf(bert.chat)).toEqual([...before, 'three'])
  })

  it('CH-2 ten thousand replays, from this room, from others, and of own words, add nothing', async () => {
    await say(bert, 'mine')
    const stage = await scene()
    await gossip('entry', stage.log[0].bytes)
    const [own] = await bert.stores.logs.range(houseRoom, bert.identity.account, 0, 1)
    const foreign = await signFields(stage.author, entryFields(stage.author, { room: new Uint8Array(16) }))
    const replays = [stage.log[0].bytes, own?.bytes ?? foreign, foreign]
    for (let i = 0; i < 10_000; i++) {
      const bytes = replays[i % replays.length] ?? foreign
      await mallory.room.publish('chat', encodeGossip({ kind: 'entry', bytes }))
    }
    await house.calm(40_000)
    expect(textsOf(bert.chat).sort()).toEqual(['hi', 'mine'])
  })

  it('CH-6 two entries for one position: the first stays, everyone is told once, and sync does not loop', async () => {
    const carl = await house.open(3)
    await house.calm()
    house.rooms.part(bert.room, carl.room)
    const evil = await testIdentity(1)
    const one = await signFields(evil, entryFields(evil, { body: { kind: 'text', text: 'one' } }))
    const two = await signFields(evil, entryFields(evil, { body: { kind: 'text', text: 'two' } }))
    bert.room.mesh.hear('chat', encodeGossip({ kind: 'entry', bytes: one }), mallory.room.self.peer)
    carl.room.mesh.hear('chat', encodeGossip({ kind: 'entry', bytes: two }), mallory.room.self.peer)
    await house.calm(200)
    expect(textsOf(bert.chat)).toEqual(['one'])
    expect(textsOf(carl.chat)).toEqual(['two'])
    let opened = 0
    const open = bert.room.openStream.bind(bert.room)
    bert.room.openStream = (...args) => {
      opened += 1
      return open(...args)
    }
    await house.rooms.rejoin(bert.room, carl.room)
    await house.calm(10_000)
    for (const tab of [bert, carl]) {
      const forks = tab.heard.filter(({ name }) => name === 'chat:forked')
      expect(forks.map(({ payload }) => payload)).toEqual([{ account: evil.account }])
    }
    expect(opened).toBeLessThanOrEqual(4)
    expect(textsOf(bert.chat)).toEqual(['one'])
    expect(textsOf(carl.chat)).toEqual(['two'])
    // The rest of the room is none the worse.
    await say(carl, 'still here')
    await house.calm(1_000)
    expect(textsOf(bert.chat)).toEqual(['one', 'still here'])
    expect(rowOf(carl.chat, 'still here').state).toBe('delivered')
  })

  it('CH-3 a newer format is told once and the room goes on', async () => {
    const evil = await testIdentity(1)
    for (const v of [2, 3, 4]) await gossip('entry', await signFields(evil, entryFields(evil, { v })))
    expect(bert.heard.filter(({ name }) => name === 'chat:outdated')).toHaveLength(1)
    await say(mallory, 'plain')
    await house.calm()
    expect(textsOf(bert.chat)).toEqual(['plain'])
  })

  describe('receipts', () => {
    let id: Uint8Array
    beforeEach(async () => {
      mallory.room.subscribe('chat', () => undefined)
      await mallory.chat.stop() // only forged receipts from here on
      id = fromBase64Url(await bert.chat.send({ kind: 'text', text: 'seen?' }))
    })

    const head = (tab: Tab, seq: number, entry: Uint8Array): unknown[] => [
      fromBase64Url(tab.identity.account),
      seq,
      entry,
    ]

    it('CH-10 an honest one marks the row delivered, and the same again does nothing', async () => {
      const bytes = await signReceiptFields(
        mallory.identity,
        receiptFields(mallory.identity, [head(bert, 0, id)]),
      )
      await gossip('receipt', bytes)
      expect(rowOf(bert.chat, 'seen?').deliveredTo).toEqual([mallory.identity.account])
      const told = bert.heard.length
      await gossip('receipt', bytes)
      expect(bert.heard).toHaveLength(told)
    })

    const forged: [string, string, (reader: Identity, author: Tab) => Promise<Bytes> | Bytes][] = [
      ['no bytes', 'InvalidMessageError', () => new Uint8Array()],
      ['over the bound', 'InvalidMessageError', () => new Uint8Array(90_000)],
      [
        'signed by somebody else',
        'BadSignatureError',
        async (reader, author) =>
          signReceiptFields(await testIdentity(5), receiptFields(reader, [head(author, 0, id)])),
      ],
      [
        'signed as an entry',
        'BadSignatureError',
        (reader, author) => signFields(reader, receiptFields(reader, [head(author, 0, id)])),
      ],
      [
        'with a turned bit',
        'BadSignatureError',
        async (reader, author) =>
          flip(await signReceiptFields(reader, receiptFields(reader, [head(author, 0, id)])), 3),
      ],
      [
        'of another room',
        'ForeignRoomEntryError',
        (reader, author) =>
          signReceiptFields(
            reader,
            receiptFields(reader, [head(author, 0, id)], { room: new Uint8Array(16).fill(3) }),
          ),
      ],
      [
        'of a newer version',
        'VersionError',
        (reader, author) => signReceiptFields(reader, receiptFields(reader, [head(author, 0, id)], { v: 2 })),
      ],
      [
        'naming an author twice',
        'InvalidMessageError',
        (reader, author) =>
          signReceiptFields(reader, receiptFields(reader, [head(author, 0, id), head(author, 0, id)])),
      ],
      [
        'with an unknown field',
        'InvalidMessageError',
        (reader, author) => signReceiptFields(reader, receiptFields(reader, [head(author, 0, id)], { x: 1 })),
      ],
      [
        'covering more than can be counted',
        'InvalidMessageError',
        (reader, author) =>
          signReceiptFields(reader, receiptFields(reader, [head(author, Number.MAX_SAFE_INTEGER, id)])),
      ],
      [
        'for another entry at that position',
        'nothing',
        (reader, author) =>
          signReceiptFields(reader, receiptFields(reader, [head(author, 0, new Uint8Array(32))])),
      ],
      [
        'for a position that does not exist',
        'nothing',
        (reader, author) => signReceiptFields(reader, receiptFields(reader, [head(author, 7, id)])),
      ],
      [
        'of the author itself',
        'nothing',
        (_, author) =>
          signReceiptFields(author.identity, receiptFields(author.identity, [head(author, 0, id)])),
      ],
    ]
    it.each(forged)('CH-10 one %s delivers nothing (%s)', async (_, outcome, make) => {
      const bytes = await make(mallory.identity, bert)
      const result = await Promise.resolve()
        .then(() => checkReceiptSignature(decodeReceipt(bytes, houseRoom), verify))
        .then(() => 'nothing', errorName)
      expect(result).toBe(outcome)
      if (bytes.length < 64 * 1024) await gossip('receipt', bytes)
      expect(rowOf(bert.chat, 'seen?')).toMatchObject({ state: 'sent', deliveredTo: [] as AccountId[] })
    })
  })
})

function signReceiptFields(signer: Identity, fields: Readonly<Record<string, unknown>>): Promise<Bytes> {
  return signContent(signer, toCbor(fields), 'chat-receipt')
}
