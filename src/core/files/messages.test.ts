import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import { errorName } from '../base/errors.ts'
import type { AccountId, FileId, RoomId } from '../base/ids.ts'
import { toCbor } from '../base/wire/cbor.ts'
import {
  decodeAnswer,
  decodeGossip,
  decodeRequest,
  decodeSignedReceipt,
  encodeAnswer,
  encodeGossip,
  encodeReceiptBody,
  encodeRequest,
  encodeSignedReceipt,
  type Answer,
  type Request,
} from './messages.ts'
import { randomBytes } from './testing/party.ts'

const bytes = (length: number, fill = 7): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(fill)
const file = toBase64Url(bytes(32)) as FileId
const receiptBody = encodeReceiptBody({
  ...{ room: toBase64Url(bytes(16)) as RoomId, file, account: toBase64Url(bytes(32, 9)) as AccountId },
  ...{ shards: [0, 3, 254], at: 1_700_000_000_000 },
})
const receipt = encodeSignedReceipt(receiptBody, bytes(64))

const requests: readonly Request[] = [
  { type: 'have', files: [file, toBase64Url(bytes(32, 1)) as FileId] },
  { type: 'manifest', file },
  { type: 'pieces', file },
  { type: 'want', segment: 0xffff_ffff, shard: 254 },
  { type: 'offer', file, shards: [0, 1, 5], sizeBytes: 2 ** 40 },
]
const answers: readonly Answer[] = [
  { type: 'holdings', file, receipts: [receipt, receipt] },
  { type: 'manifest', sizeBytes: 1_048_576 },
  { type: 'ready' },
  { type: 'piece', segment: 3, shard: 1, sizeBytes: 262_144, path: bytes(64) },
  { type: 'none', segment: 3, shard: 1 },
  { type: 'accepted' },
  { type: 'stored', receipt },
  { type: 'refused', reason: 'no-space' },
]

describe('messages', () => {
  it('FI-2: every request and answer comes back as it was', () => {
    for (const request of requests) expect(decodeRequest(encodeRequest(request))).toEqual(request)
    for (const answer of answers) expect(decodeAnswer(encodeAnswer(answer))).toEqual(answer)
    expect(decodeGossip(encodeGossip([receipt]))).toEqual([receipt])
    expect(decodeSignedReceipt(receipt).body.shards).toEqual([0, 3, 254])
  })

  it('FI-3: a have of 64 files and an answer of 64 receipts fit their frames', () => {
    const files = Array.from({ length: 64 }, (_, i) => toBase64Url(bytes(32, i)) as FileId)
    expect(encodeRequest({ type: 'have', files }).byteLength).toBeLessThanOrEqual(4_096)
    const longest = encodeSignedReceipt(
      encodeReceiptBody({
        ...{ room: toBase64Url(bytes(16)) as RoomId, file, account: toBase64Url(bytes(32)) as AccountId },
        ...{ shards: Array.from({ length: 255 }, (_, i) => i), at: Number.MAX_SAFE_INTEGER },
      }),
      bytes(64),
    )
    expect(longest.byteLength).toBeLessThanOrEqual(512)
    const receipts = Array.from({ length: 64 }, () => longest)
    expect(encodeAnswer({ type: 'holdings', file, receipts }).byteLength).toBeLessThanOrEqual(65_536)
  })

  const fileBytes = bytes(32)
  const wrong: readonly (readonly [string, unknown])[] = [
    ['an unknown type', { type: 'take', file: fileBytes }],
    ['no type', { file: fileBytes }],
    ['a list', ['have', fileBytes]],
    ['an id of 31 bytes', { type: 'pieces', file: bytes(31) }],
    ['an id of 33 bytes', { type: 'pieces', file: bytes(33) }],
    ['an id as text', { type: 'pieces', file }],
    ['no id', { type: 'pieces' }],
    ['one key more', { type: 'pieces', file: fileBytes, also: 1 }],
    ['a have of nothing', { type: 'have', files: [] }],
    ['a have of 65 files', { type: 'have', files: Array.from({ length: 65 }, () => fileBytes) }],
    ['shard 255', { type: 'want', segment: 0, shard: 255 }],
    ['shard −1', { type: 'want', segment: 0, shard: -1 }],
    ['half a shard', { type: 'want', segment: 0, shard: 0.5 }],
    ['segment 2^32', { type: 'want', segment: 2 ** 32, shard: 0 }],
    ['shards twice', { type: 'offer', file: fileBytes, shards: Uint8Array.of(1, 1), sizeBytes: 1 }],
    ['shards falling', { type: 'offer', file: fileBytes, shards: Uint8Array.of(2, 1), sizeBytes: 1 }],
    ['shards with 255', { type: 'offer', file: fileBytes, shards: Uint8Array.of(255), sizeBytes: 1 }],
    ['shards as a list', { type: 'offer', file: fileBytes, shards: [1], sizeBytes: 1 }],
    ['a size below 0', { type: 'offer', file: fileBytes, shards: Uint8Array.of(1), sizeBytes: -1 }],
    ['a size over 2^53', { type: 'offer', file: fileBytes, shards: Uint8Array.of(1), sizeBytes: 2 ** 60 }],
    ['a manifest of no bytes', { type: 'manifest', sizeBytes: 0 }],
    ['a manifest over 1 MiB', { type: 'manifest', sizeBytes: 1_048_577 }],
    ['a piece over 1 MiB', { type: 'piece', segment: 0, shard: 0, sizeBytes: 1_048_577, path: bytes(0) }],
    ['a piece of no bytes', { type: 'piece', segment: 0, shard: 0, sizeBytes: 0, path: bytes(0) }],
    ['a path of 33 bytes', { type: 'piece', segment: 0, shard: 0, sizeBytes: 1, path: bytes(33) }],
    ['a path of 41 nodes', { type: 'piece', segment: 0, shard: 0, sizeBytes: 1, path: bytes(41 * 32) }],
    [
      '65 receipts',
      { type: 'holdings', file: fileBytes, receipts: Array.from({ length: 65 }, () => bytes(9)) },
    ],
    ['a receipt of 513 bytes', { type: 'holdings', file: fileBytes, receipts: [bytes(513)] }],
    ['an unknown refusal', { type: 'refused', reason: 'bad mood' }],
    ['an answer to nothing', null],
  ]

  it.each(wrong)('FI-3: %s is InvalidMessageError', (_, value) => {
    const frame = toCbor(value)
    expect(() => decodeRequest(frame)).toThrow(expect.objectContaining({ name: 'InvalidMessageError' }))
    expect(() => decodeAnswer(frame)).toThrow(expect.objectContaining({ name: 'InvalidMessageError' }))
  })

  it('FI-3: 40,000 random and mutated frames are decoded or InvalidMessageError, never another error', () => {
    const seeds = [
      ...requests.map(encodeRequest),
      ...answers.map(encodeAnswer),
      ...[encodeGossip([receipt]), receipt, receiptBody],
    ]
    const decoders = [decodeRequest, decodeAnswer, decodeGossip, decodeSignedReceipt]
    let accepted = 0
    for (let i = 0; i < 10_000; i++) {
      const seed = seeds[i % seeds.length] ?? bytes(0)
      const frame = i % 5 === 0 ? randomBytes(i % 300, i) : mutated(seed, i)
      for (const decode of decoders) {
        try {
          decode(frame)
          accepted++
        } catch (error) {
          expect(errorName(error)).toBe('InvalidMessageError')
        }
      }
    }
    expect(accepted).toBeGreaterThan(100) // mutations inside ids and signatures stay well-formed
  })
})

/** One to four bytes changed, cut or doubled, the same for a seed. */
function mutated(seed: Uint8Array<ArrayBuffer>, round: number): Uint8Array<ArrayBuffer> {
  const dice = randomBytes(12, round + 1)
  const at = ((dice[0] ?? 0) * 256 + (dice[1] ?? 0)) % seed.length
  if (round % 7 === 0) return seed.slice(0, at)
  if (round % 11 === 0) return new Uint8Array([...seed.slice(0, at), ...seed])
  const out = new Uint8Array(seed)
  for (let i = 0; i <= round % 4; i++) out[(at + i * (dice[2] ?? 1)) % out.length] = dice[3 + i] ?? 0
  return out
}
