import * as v from 'valibot'
import { fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import type { AccountId, EntryId } from '../base/ids.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import {
  maxAnswerEntries,
  maxAuthors,
  maxChatFrameBytes,
  maxEntryBytes,
  maxNoticeItems,
  maxReceiptBytes,
} from './constants.ts'
import { signatureBytes } from './entry.ts'

/** The end of an author's log at one side. */
export interface AuthorHead {
  readonly author: AccountId
  readonly seq: number
  readonly id: EntryId
}

/** Which receipt of a reader one side holds, by how many entries it covers. */
interface ReceiptMark {
  readonly reader: AccountId
  readonly covered: number
}

/** Everything that travels on a chat stream (SPEC CH-12). */
export type ChatMessage =
  | { readonly t: 'heads'; readonly logs: readonly AuthorHead[]; readonly receipts: readonly ReceiptMark[] }
  | { readonly t: 'want'; readonly author: AccountId; readonly from: number; readonly max: number }
  | {
      readonly t: 'entries'
      readonly author: AccountId
      readonly from: number
      readonly list: readonly Bytes[]
    }
  | { readonly t: 'receipts'; readonly list: readonly Bytes[] }
  | { readonly t: 'notice'; readonly entries: readonly Bytes[]; readonly receipts: readonly Bytes[] }
  | { readonly t: 'done' }

const account = v.pipe(
  byteString(32),
  v.transform((bytes) => toBase64Url(bytes) as AccountId), // 32 bytes checked above
)
const entryId = v.pipe(
  byteString(32),
  v.transform((bytes) => toBase64Url(bytes) as EntryId), // 32 bytes checked above
)
const entries = (max: number) =>
  v.pipe(v.array(byteString(signatureBytes + 1, maxEntryBytes)), v.maxLength(max))
const receipts = (max: number) =>
  v.pipe(v.array(byteString(signatureBytes + 1, maxReceiptBytes)), v.maxLength(max))

const schema = v.variant('t', [
  v.strictObject({
    t: v.literal('heads'),
    logs: v.pipe(
      v.array(
        v.pipe(
          v.strictTuple([account, uint(), entryId]),
          v.transform(([author, seq, id]): AuthorHead => ({ author, seq, id })),
        ),
      ),
      v.maxLength(maxAuthors),
    ),
    receipts: v.pipe(
      v.array(
        v.pipe(
          v.strictTuple([account, uint()]),
          v.transform(([reader, covered]): ReceiptMark => ({ reader, covered })),
        ),
      ),
      v.maxLength(maxAuthors),
    ),
  }),
  v.strictObject({ t: v.literal('want'), author: account, from: uint(), max: uint(maxAnswerEntries) }),
  v.strictObject({ t: v.literal('entries'), author: account, from: uint(), list: entries(maxAnswerEntries) }),
  v.strictObject({ t: v.literal('receipts'), list: receipts(maxAuthors) }),
  v.strictObject({
    t: v.literal('notice'),
    entries: entries(maxNoticeItems),
    receipts: receipts(maxNoticeItems),
  }),
  v.strictObject({ t: v.literal('done') }),
])

export function encodeChatMessage(message: ChatMessage): Bytes {
  switch (message.t) {
    case 'heads':
      return toCbor({
        t: message.t,
        logs: message.logs.map(({ author, seq, id }) => [fromBase64Url(author), seq, fromBase64Url(id)]),
        receipts: message.receipts.map(({ reader, covered }) => [fromBase64Url(reader), covered]),
      })
    case 'want':
    case 'entries':
      return toCbor({ ...message, author: fromBase64Url(message.author) })
    case 'receipts':
    case 'notice':
    case 'done':
      return toCbor(message)
    default:
      return message satisfies never
  }
}

/** Throws `InvalidMessageError`. */
export function decodeChatMessage(bytes: Uint8Array): ChatMessage {
  return fromCbor(bytes, schema, maxChatFrameBytes)
}
