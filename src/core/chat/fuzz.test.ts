import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { concat, type Bytes } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { readBody } from './body.ts'
import { displayText } from './display-text.ts'
import { decodeEntry } from './entry.ts'
import { decodeGossip, encodeGossip } from './gossip.ts'
import { decodeChatMessage, encodeChatMessage, type ChatMessage } from './messages.ts'
import { decodeReceipt } from './receipt.ts'
import { houseRoom } from './testing/chat-house.ts'
import { entryFields, receiptFields, signContent, signFields } from './testing/forge.ts'
import type { AccountId, EntryId } from '../base/ids.ts'

const named = new Set(['InvalidMessageError', 'VersionError', 'ForeignRoomEntryError'])
const runs = 20_000

let entry: Bytes
let receipt: Bytes
beforeAll(async () => {
  const author = await testIdentity(1)
  entry = await signFields(author, entryFields(author, { refs: [new Uint8Array(32)] }))
  const heads = [[new Uint8Array(32), 5, new Uint8Array(32)]]
  receipt = await signContent(author, toCbor(receiptFields(author, heads)), 'chat-receipt')
})

/** Bytes of all kinds: random ones, and an honest message with a few bytes changed, cut or added. */
function around(honest: () => Bytes): fc.Arbitrary<Bytes> {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  return fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => new Uint8Array(bytes)),
    fc
      .tuple(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(3), fc.uint8Array({ maxLength: 3 }))
      .map(([changes, cut, more]) => {
        const bytes = new Uint8Array(honest())
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte
        return concat(bytes.subarray(0, bytes.length - cut), more)
      }),
  )
}

/** Every outcome is a value or one of the named errors, never a crash. */
function survives(bytes: fc.Arbitrary<Bytes>, decode: (bytes: Bytes) => unknown): void {
  fc.assert(
    fc.property(bytes, (it) => {
      try {
        decode(it)
      } catch (error) {
        expect(named).toContain(errorName(error))
      }
    }),
    { numRuns: runs },
  )
}

const id = 'A'.repeat(43)
const messages: readonly ChatMessage[] = [
  {
    t: 'heads',
    logs: [{ author: id as AccountId, seq: 3, id: id as EntryId }],
    receipts: [{ reader: id as AccountId, covered: 9 }],
  },
  { t: 'want', author: id as AccountId, from: 0, max: 512 },
  { t: 'entries', author: id as AccountId, from: 7, list: [new Uint8Array(70)] },
  { t: 'receipts', list: [new Uint8Array(70), new Uint8Array(80)] },
  { t: 'notice', entries: [new Uint8Array(70)], receipts: [new Uint8Array(90)] },
  { t: 'done' },
]

describe('decoders', () => {
  it('CH-2 entries: 20,000 broken ones give named errors only', () => {
    survives(
      around(() => entry),
      (bytes) => decodeEntry(bytes, houseRoom),
    )
  })

  it('CH-2 signed content of any shape gives named errors only', () => {
    survives(
      fc.object({ maxDepth: 3 }).map((value) => {
        const author = new Uint8Array(32)
        const fields = { v: 1, room: new Uint8Array(16), author, seq: 0, time: [1, 0], refs: [], body: value }
        return concat(new Uint8Array(64), toCbor(JSON.parse(JSON.stringify(fields, keepBytes), restoreBytes)))
      }),
      (bytes) => decodeEntry(bytes, houseRoom),
    )
  })

  it('CH-10 receipts: 20,000 broken ones give named errors only', () => {
    survives(
      around(() => receipt),
      (bytes) => decodeReceipt(bytes, houseRoom),
    )
  })

  it('CH-12 messages: every kind survives the round trip', () => {
    for (const message of messages) expect(decodeChatMessage(encodeChatMessage(message))).toEqual(message)
  })

  it.each(messages.map((message) => [message.t, message] as const))(
    'CH-12 messages: 20,000 broken %s give named errors only',
    (_, message) => {
      survives(
        around(() => encodeChatMessage(message)),
        decodeChatMessage,
      )
    },
  )

  it('CH-11 gossip payloads: 20,000 broken ones give named errors only', () => {
    survives(
      around(() => encodeGossip({ kind: 'entry', bytes: entry })),
      decodeGossip,
    )
  })

  it('CH-7 bodies of any shape are read or kept unshown', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('text', 'file', 'call', 'folder', 'withdraw', 'poll'),
        fc.object({ maxDepth: 2 }),
        (kind, rest) => {
          const body = readBody({ ...rest, kind })
          if (body !== undefined) expect(body.kind).toBe(kind)
        },
      ),
      { numRuns: runs },
    )
  })

  it('CH-8 shown text never holds a control or direction mark, and cleaning twice changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = displayText(text)
        expect(shown).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u)
        expect(displayText(shown)).toBe(shown)
      }),
      { numRuns: runs },
    )
  })
})

function keepBytes(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: [...value] } : value
}

function restoreBytes(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('bytes' in value) || !Array.isArray(value.bytes))
    return value
  return Uint8Array.from(value.bytes.map(Number))
}
