import { concat, fromBase64Url, utf8, type Bytes } from '../../base/bytes.ts'
import { toCbor } from '../../base/wire/cbor.ts'
import type { Identity } from '../../identity/index.ts'
import { maxEntryBytes } from '../constants.ts'
import type { LogEntry } from '../entry.ts'
import { after, entryFields, flip, signContent, signFields } from './forge.ts'

/** What a hostile entry is made of: an author with two entries in the log, and somebody else. */
export interface Scene {
  readonly author: Identity
  readonly other: Identity
  /** Positions 0 and 1 of the author's log, known to the one under attack. */
  readonly log: readonly [LogEntry, LogEntry]
}

/**
 * One hostile case. `outcome` is the named error, or what quietly happens: `known` (seen before, passed over), `gap`
 * (kept back until what is missing came), `hidden` (kept, not shown), `shown`.
 */
export interface HostileEntry {
  readonly name: string
  readonly outcome: string
  readonly make: (scene: Scene) => Promise<Bytes> | Bytes
}

const shape = 'InvalidMessageError'
const next = (scene: Scene): Record<string, unknown> => entryFields(scene.author, after(scene.log[1]))

/** An honest next entry with some fields replaced. */
const changed =
  (change: (scene: Scene) => Readonly<Record<string, unknown>>) =>
  (scene: Scene): Promise<Bytes> =>
    signFields(scene.author, { ...next(scene), ...change(scene) })

const field = (name: string, outcome: string, change: Readonly<Record<string, unknown>>): HostileEntry => ({
  name,
  outcome,
  make: changed(() => change),
})

/** Signed content that no encoder of ours would make. */
const raw = (name: string, content: (honest: Bytes) => Uint8Array): HostileEntry => ({
  name,
  outcome: shape,
  make: (scene) => signContent(scene.author, content(toCbor(next(scene)))),
})

const hex = (text: string): Bytes => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))

/** Places one byte run in another's stead, once. */
function replaced(bytes: Bytes, from: Bytes, to: Bytes): Bytes {
  for (let at = 0; at + from.length <= bytes.length; at++) {
    if (from.every((byte, i) => bytes[at + i] === byte)) {
      return concat(bytes.subarray(0, at), to, bytes.subarray(at + from.length))
    }
  }
  throw new Error('the bytes to replace are not there')
}

const ofSize: readonly HostileEntry[] = [
  { name: 'no bytes', outcome: shape, make: () => new Uint8Array() },
  { name: 'a signature and nothing signed', outcome: shape, make: () => new Uint8Array(64) },
  { name: 'zeros', outcome: shape, make: () => new Uint8Array(300) },
  { name: 'one byte over the bound', outcome: shape, make: () => new Uint8Array(maxEntryBytes + 1) },
  { name: 'a megabyte', outcome: shape, make: () => new Uint8Array(1_048_576) },
  field('a text that passes the entry bound', shape, { body: { kind: 'text', text: 'x'.repeat(80_000) } }),
]

const ofEncoding: readonly HostileEntry[] = [
  raw('last byte cut off', (honest) => honest.subarray(0, -1)),
  raw('a byte after the end', (honest) => concat(honest, new Uint8Array(1))),
  raw('a list instead of a map', () => toCbor([1, 2, 3])),
  raw('a number instead of a map', () => toCbor(1)),
  raw('a text instead of a map', () => toCbor('v')),
  raw('an empty map', () => toCbor({})),
  raw('a map of indefinite length', (honest) => concat(hex('bf'), honest.subarray(1), hex('ff'))),
  raw('a version not in its shortest form', (honest) => replaced(honest, hex('617601'), hex('61761801'))),
  raw('a version twice', (honest) => concat(hex('a9617601'), honest.subarray(1))),
  raw('a version as a float', (honest) => replaced(honest, hex('617601'), hex('6176f93e00'))),
  raw('a version that is not a number', (honest) => replaced(honest, hex('617601'), hex('6176f97e00'))),
  raw('a tagged version', (honest) => replaced(honest, hex('617601'), hex('6176c101'))),
  raw('an undefined version', (honest) => replaced(honest, hex('617601'), hex('6176f7'))),
  raw('a list ten thousand deep', () => concat(new Uint8Array(10_000).fill(0x81), hex('00'))),
  raw('a list that claims 4 GiB', () => hex('9affffffff00')),
  raw('a byte string that claims 2^53 bytes', () => hex('5b002000000000000000')),
  raw('author not last, as canonical order has it', (honest) => {
    const author = honest.subarray(-41) // text(6), the key's letters, bytes(32)
    return concat(honest.subarray(0, 1), author, honest.subarray(1, -41))
  }),
]

const ofFields: readonly HostileEntry[] = [
  field('no version', shape, { v: undefined }),
  field('version as text', shape, { v: '1' }),
  field('negative version', shape, { v: -1 }),
  field('an older version', 'VersionError', { v: 0 }),
  field('a newer version', 'VersionError', { v: 2 }),
  field('a newer version with other fields', 'VersionError', { v: 9, seq: 'third', colour: 'blue' }),
  field('an unknown field', shape, { x: 1 }),
  field('no room', shape, { room: undefined }),
  field('a room of 15 bytes', shape, { room: new Uint8Array(15) }),
  field('a room as text', shape, { room: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  field('another room', 'ForeignRoomEntryError', { room: new Uint8Array(16).fill(1) }),
  field('no author', shape, { author: undefined }),
  field('an author of 31 bytes', shape, { author: new Uint8Array(31) }),
  field('an author as text', shape, { author: 'anna' }),
  field('no position', shape, { seq: undefined }),
  field('a negative position', shape, { seq: -1 }),
  field('a broken position', shape, { seq: 1.5 }),
  field('a position past 2^53', shape, { seq: 2n ** 60n }),
  field('a first position with something before it', shape, { seq: 0 }),
  field('a later position with nothing before it', shape, { prev: undefined }),
  field('a previous id of 31 bytes', shape, { prev: new Uint8Array(31) }),
  field('a previous id of null', shape, { prev: null }),
  field('no time', shape, { time: undefined }),
  field('a time without counter', shape, { time: [1] }),
  field('a time of three parts', shape, { time: [1, 2, 3] }),
  field('a negative time', shape, { time: [-1, 0] }),
  field('a counter over its bound', shape, { time: [1, 65_536] }),
  field('no references', shape, { refs: undefined }),
  field('33 references', shape, { refs: Array.from({ length: 33 }, () => new Uint8Array(32)) }),
  field('a reference of 33 bytes', shape, { refs: [new Uint8Array(33)] }),
  field('no body', shape, { body: undefined }),
  field('a body that is text', shape, { body: 'hi' }),
  field('a body without kind', shape, { body: { text: 'hi' } }),
  field('a body of an empty kind', shape, { body: { kind: '' } }),
  field('a body of a kind of 33 letters', shape, { body: { kind: 'k'.repeat(33) } }),
]

const ofSignature: readonly HostileEntry[] = [
  {
    name: 'no signature',
    outcome: 'BadSignatureError',
    make: (scene) => concat(new Uint8Array(64), toCbor(next(scene))),
  },
  {
    name: 'a turned bit in the signature',
    outcome: 'BadSignatureError',
    make: async (scene) => flip(await signFields(scene.author, next(scene)), 5),
  },
  {
    name: 'a turned bit in the text',
    outcome: 'BadSignatureError',
    make: async (scene) => {
      const bytes = await signFields(scene.author, next(scene))
      return replaced(bytes, utf8('hi'), utf8('ho'))
    },
  },
  {
    name: 'signed by somebody else',
    outcome: 'BadSignatureError',
    make: (scene) => signFields(scene.other, next(scene)),
  },
  {
    name: 'signed as a receipt',
    outcome: 'BadSignatureError',
    make: (scene) => signContent(scene.author, toCbor(next(scene)), 'chat-receipt'),
  },
  {
    name: 'with the signature of another entry',
    outcome: 'BadSignatureError',
    make: (scene) => concat(scene.log[1].bytes.subarray(0, 64), toCbor(next(scene))),
  },
  {
    name: 'under another author’s name',
    outcome: 'BadSignatureError',
    make: (scene) => signFields(scene.author, entryFields(scene.other)),
  },
  {
    name: 'of the all-zero key, under which a zero signature may pass',
    outcome: 'BadSignatureError',
    make: (scene) =>
      concat(new Uint8Array(64), toCbor(entryFields(scene.author, { author: new Uint8Array(32) }))),
  },
  {
    name: 'of a low-order key with a signature of the neutral point',
    outcome: 'BadSignatureError',
    make: (scene) => {
      const neutral = concat(new Uint8Array([1]), new Uint8Array(31))
      return concat(neutral, new Uint8Array(32), toCbor(entryFields(scene.author, { author: neutral })))
    },
  },
]

const ofOrder: readonly HostileEntry[] = [
  { name: 'a replay of the newest entry', outcome: 'known', make: ({ log }) => log[1].bytes },
  { name: 'a replay of the first entry', outcome: 'known', make: ({ log }) => log[0].bytes },
  field('a position that skips one', 'gap', { seq: 3 }),
  field('a position far ahead', 'gap', { seq: 4_000_000_000 }),
  {
    name: 'a second first entry',
    outcome: 'ForkedLogError',
    make: (scene) =>
      signFields(scene.author, entryFields(scene.author, { body: { kind: 'text', text: 'b' } })),
  },
  {
    name: 'a second entry at the newest position',
    outcome: 'ForkedLogError',
    make: (scene) =>
      signFields(
        scene.author,
        entryFields(scene.author, { ...after(scene.log[0]), body: { kind: 'text', text: 'b' } }),
      ),
  },
  field('a history that never was', 'ForkedLogError', { prev: new Uint8Array(32).fill(7) }),
  {
    name: 'a first entry as its own parent’s child',
    outcome: 'ForkedLogError',
    make: changed(({ log }) => ({ prev: fromBase64Url(log[0].id) })),
  },
]

const ofBody: readonly HostileEntry[] = [
  field('a kind this build does not know', 'hidden', { body: { kind: 'poll', options: ['a', 'b'] } }),
  field('a text over 64 KiB inside the entry bound', 'hidden', {
    body: { kind: 'text', text: 'x'.repeat(65_537) },
  }),
  field('a text over 64 KiB in UTF-8 only', 'hidden', { body: { kind: 'text', text: '€'.repeat(22_000) } }),
  field('a text that is a number', 'hidden', { body: { kind: 'text', text: 5 } }),
  field('a text of control characters', 'hidden', { body: { kind: 'text', text: '\u0000\u001b\u202e' } }),
  field('an empty text', 'hidden', { body: { kind: 'text', text: '' } }),
  field('a file with a key of 31 bytes', 'hidden', {
    body: {
      kind: 'file',
      file: new Uint8Array(32),
      key: new Uint8Array(31),
      name: 'a',
      sizeBytes: 1,
      mediaType: '',
    },
  }),
  field('a file of negative size', 'hidden', {
    body: {
      kind: 'file',
      file: new Uint8Array(32),
      key: new Uint8Array(32),
      name: 'a',
      sizeBytes: -1,
      mediaType: '',
    },
  }),
  field('a call that ended in a way not known here', 'hidden', {
    body: {
      kind: 'call',
      call: new Uint8Array(16),
      outcome: 'exploded',
      durationMs: 1,
      with: new Uint8Array(32),
    },
  }),
  field('a body with a field of a later version', 'shown', {
    body: { kind: 'text', text: 'hi', replyTo: new Uint8Array(32) },
  }),
  field('a stamp a thousand years ahead', 'shown', { time: [Date.UTC(3026, 0, 1), 0] }),
  field('a stamp of 1970', 'shown', { time: [0, 0] }),
]

/** Every named hostile entry; SPEC CH-2 to CH-8 say why each gets its outcome. */
export const hostileEntries: readonly HostileEntry[] = [
  ...ofSize,
  ...ofEncoding,
  ...ofFields,
  ...ofSignature,
  ...ofOrder,
  ...ofBody,
]
