import { sha256 } from '@noble/hashes/sha2.js'
import * as v from 'valibot'
import { concat, equalBytes, fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError, VersionError } from '../base/errors.ts'
import type { AccountId, EntryId, RoomId } from '../base/ids.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import { accountPublicKey, signedBytes, type Identity, type VerifySignature } from '../identity/index.ts'
import { readBody, wireBody, type WireBody } from './body.ts'
import { maxEntryBytes, maxRefs } from './constants.ts'
import { BadSignatureError, ForeignRoomEntryError } from './errors.ts'
import { maxCounter, type HybridTime } from './hybrid-clock.ts'
import type { EntryBody } from './index.ts'

/** Ed25519 signature at the front of every entry and receipt (RFC 8032), in bytes. */
export const signatureBytes = 64

/** The version of entries this build writes and reads. */
const entryVersion = 1

/** One entry of an author's log, decoded. */
export interface LogEntry {
  /** Signature and signed content as they travel and are stored. */
  readonly bytes: Bytes
  readonly id: EntryId
  readonly author: AccountId
  /** Position from 0. */
  readonly seq: number
  /** Id at `seq - 1`; undefined exactly at 0. */
  readonly prev: EntryId | undefined
  readonly time: HybridTime
  /** What it says, cleaned for display; undefined when this build keeps it unshown (SPEC CH-7). */
  readonly body: EntryBody | undefined
}

/** What an author says and where in the log; see {@link signEntry}. */
export interface EntryDraft {
  readonly room: RoomId
  readonly author: AccountId
  readonly seq: number
  readonly prev: EntryId | undefined
  readonly time: HybridTime
  /** Heads of other authors seen, at most 32. */
  readonly refs: readonly EntryId[]
  readonly body: WireBody
}

const versioned = v.looseObject({ v: uint() })

const schema = v.strictObject({
  v: v.literal(entryVersion),
  room: byteString(16),
  author: byteString(32),
  seq: uint(),
  prev: v.optional(byteString(32)),
  time: v.strictTuple([uint(), uint(maxCounter)]),
  refs: v.pipe(v.array(byteString(32)), v.maxLength(maxRefs)),
  body: wireBody,
})

/** Canonical CBOR of what is signed (SPEC CH-2). */
function encodeContent(draft: EntryDraft): Bytes {
  return toCbor({
    v: entryVersion,
    room: fromBase64Url(draft.room),
    author: fromBase64Url(draft.author),
    seq: draft.seq,
    prev: draft.prev === undefined ? undefined : fromBase64Url(draft.prev),
    time: [draft.time.wall, draft.time.counter],
    refs: draft.refs.map((ref) => fromBase64Url(ref)),
    body: draft.body,
  })
}

/** Signs a draft as the account of `identity`. */
export async function signEntry(draft: EntryDraft, identity: Pick<Identity, 'sign'>): Promise<LogEntry> {
  const content = encodeContent(draft)
  const bytes = concat(await identity.sign('chat-entry', content), content)
  return decodeEntry(bytes, draft.room)
}

/**
 * Reads an entry of `room`: bound, shape, version and room, not yet its signature.
 *
 * @param bytes owned by the entry afterwards
 * @param knownId its id when the bytes come from our own store: saves the hash
 * @throws InvalidMessageError, VersionError, ForeignRoomEntryError
 */
export function decodeEntry(bytes: Bytes, room: RoomId, knownId?: EntryId): LogEntry {
  const content = contentOf(bytes, maxEntryBytes)
  const outer = fromCbor(content, versioned, maxEntryBytes)
  if (outer.v !== entryVersion)
    throw new VersionError(`expected entry version ${entryVersion}, got ${outer.v}`)
  const result = v.safeParse(schema, outer, { abortEarly: true })
  if (!result.success) throw new InvalidMessageError('entry has the wrong shape')
  const { seq, prev, time, author, room: ofRoom, body } = result.output
  if (!equalBytes(ofRoom, fromBase64Url(room))) throw new ForeignRoomEntryError('entry is of another room')
  if ((seq === 0) !== (prev === undefined)) {
    throw new InvalidMessageError('expected a previous id at every position but the first')
  }
  if (!equalBytes(author, content.subarray(-32))) {
    throw new InvalidMessageError('expected the author last, as canonical order has it')
  }
  return {
    bytes,
    id: knownId ?? idOf(content),
    author: toBase64Url(author) as AccountId, // 32 bytes by schema
    seq,
    prev: prev === undefined ? undefined : (toBase64Url(prev) as EntryId), // 32 bytes by schema
    time: { wall: time[0], counter: time[1] },
    body: readBody(body),
  }
}

/** Throws `BadSignatureError` unless the entry's author signed it. */
export async function checkSignature(entry: LogEntry, verify: VerifySignature): Promise<void> {
  const signature = entry.bytes.subarray(0, signatureBytes)
  const message = signedBytes('chat-entry', entry.bytes.subarray(signatureBytes))
  if (!(await verify(accountPublicKey(entry.author), signature, message))) {
    throw new BadSignatureError('entry is not signed by its author')
  }
}

/**
 * The author of an entry, or reader of a receipt, that bytes claim, without decoding: canonical order puts the longest
 * key, `author` or `reader`, last, so it is the final 32 bytes. Only for counting before work is done; decoding refuses
 * bytes where it does not hold.
 */
export function claimedAuthor(bytes: Uint8Array): AccountId {
  return toBase64Url(bytes.subarray(-32)) as AccountId // a claim; only ever looked up
}

/** The signed part. Throws `InvalidMessageError` outside `maxBytes`. */
export function contentOf(bytes: Bytes, maxBytes: number): Bytes {
  if (bytes.byteLength <= signatureBytes || bytes.byteLength > maxBytes) {
    throw new InvalidMessageError(
      `expected ${signatureBytes + 1} to ${maxBytes} bytes, got ${bytes.byteLength}`,
    )
  }
  return bytes.subarray(signatureBytes)
}

function idOf(content: Uint8Array): EntryId {
  return toBase64Url(sha256(content)) as EntryId // a SHA-256 is what an entry id is made of
}
