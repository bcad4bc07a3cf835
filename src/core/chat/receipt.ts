import * as v from 'valibot'
import { concat, equalBytes, fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError, VersionError } from '../base/errors.ts'
import type { AccountId, EntryId, RoomId } from '../base/ids.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import { accountPublicKey, signedBytes, type Identity, type VerifySignature } from '../identity/index.ts'
import { maxAuthors, maxReceiptBytes } from './constants.ts'
import { contentOf, signatureBytes } from './entry.ts'
import { BadSignatureError, ForeignRoomEntryError } from './errors.ts'

/** Last entry of one author's log. */
export interface LogHead {
  readonly seq: number
  readonly id: EntryId
}

/** What one reader has stored durably, signed by the reader (SPEC CH-10). */
export interface Receipt {
  /** Signature and signed content as they travel and are stored. */
  readonly bytes: Bytes
  readonly reader: AccountId
  /** When it was signed, reader's clock, ms since the epoch. For show only. */
  readonly at: number
  readonly heads: ReadonlyMap<AccountId, LogHead>
  /** Entries covered in all: grows with every honest receipt, and orders them. */
  readonly covered: number
}

const versioned = v.looseObject({ v: uint() })

const schema = v.strictObject({
  v: v.literal(1),
  room: byteString(16),
  reader: byteString(32),
  time: uint(),
  heads: v.pipe(v.array(v.strictTuple([byteString(32), uint(), byteString(32)])), v.maxLength(maxAuthors)),
})

/** Signs that `heads` and everything before them is stored here durably. */
export async function signReceipt(
  draft: {
    readonly room: RoomId
    readonly reader: AccountId
    readonly at: number
    readonly heads: ReadonlyMap<AccountId, LogHead>
  },
  identity: Pick<Identity, 'sign'>,
): Promise<Receipt> {
  const heads = [...draft.heads].sort(([a], [b]) => (a < b ? -1 : 1))
  const content = toCbor({
    v: 1,
    room: fromBase64Url(draft.room),
    reader: fromBase64Url(draft.reader),
    time: draft.at,
    heads: heads.map(([author, { seq, id }]) => [fromBase64Url(author), seq, fromBase64Url(id)]),
  })
  return decodeReceipt(concat(await identity.sign('chat-receipt', content), content), draft.room)
}

/**
 * Reads a receipt of `room`: bound, shape, version, room; not yet its signature.
 *
 * @param bytes owned by the receipt afterwards
 * @throws InvalidMessageError, VersionError, ForeignRoomEntryError
 */
export function decodeReceipt(bytes: Bytes, room: RoomId): Receipt {
  const content = contentOf(bytes, maxReceiptBytes)
  const outer = fromCbor(content, versioned, maxReceiptBytes)
  if (outer.v !== 1) throw new VersionError(`expected receipt version 1, got ${outer.v}`)
  const result = v.safeParse(schema, outer, { abortEarly: true })
  if (!result.success) throw new InvalidMessageError('receipt has the wrong shape')
  const { reader, time, heads: list, room: ofRoom } = result.output
  if (!equalBytes(ofRoom, fromBase64Url(room))) throw new ForeignRoomEntryError('receipt is of another room')
  if (!equalBytes(reader, content.subarray(-32))) {
    throw new InvalidMessageError('expected the reader last, as canonical order has it')
  }
  const heads = new Map<AccountId, LogHead>()
  let covered = 0
  for (const [author, seq, id] of list) {
    heads.set(toBase64Url(author) as AccountId, { seq, id: toBase64Url(id) as EntryId }) // 32 bytes each by schema
    covered += seq + 1
  }
  if (heads.size !== list.length) throw new InvalidMessageError('receipt names an author twice')
  if (!Number.isSafeInteger(covered)) throw new InvalidMessageError('receipt covers more than can be counted')
  return { bytes, reader: toBase64Url(reader) as AccountId, at: time, heads, covered } // 32 bytes by schema
}

/** Throws `BadSignatureError` unless the reader signed it. */
export async function checkReceiptSignature(receipt: Receipt, verify: VerifySignature): Promise<void> {
  const signature = receipt.bytes.subarray(0, signatureBytes)
  const message = signedBytes('chat-receipt', receipt.bytes.subarray(signatureBytes))
  if (!(await verify(accountPublicKey(receipt.reader), signature, message))) {
    throw new BadSignatureError('receipt is not signed by its reader')
  }
}
