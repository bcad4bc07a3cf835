import { concat, fromBase64Url, type Bytes } from '../../base/bytes.ts'
import { toCbor } from '../../base/wire/cbor.ts'
import type { Identity, SignatureDomain } from '../../identity/index.ts'
import type { LogEntry } from '../entry.ts'
import { houseRoom } from './chat-house.ts'

/** Fields of an entry as they travel; any of them may be replaced by nonsense, or left out with undefined. */
export function entryFields(
  author: Identity,
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    v: 1,
    room: fromBase64Url(houseRoom),
    author: fromBase64Url(author.account),
    seq: 0,
    time: [Date.UTC(2026, 0, 15, 12), 0],
    refs: [],
    body: { kind: 'text', text: 'hi' },
    ...change,
  }
}

/** The fields that place an entry after `before`. */
export function after(before: LogEntry): { seq: number; prev: Bytes } {
  return { seq: before.seq + 1, prev: fromBase64Url(before.id) }
}

/** Signs whatever content it is given. */
export async function signContent(
  signer: Identity,
  content: Uint8Array,
  domain: SignatureDomain = 'chat-entry',
): Promise<Bytes> {
  return concat(await signer.sign(domain, content), content)
}

export function signFields(signer: Identity, fields: Readonly<Record<string, unknown>>): Promise<Bytes> {
  return signContent(signer, toCbor(fields))
}

/** Fields of a receipt of `reader`. */
export function receiptFields(
  reader: Identity,
  heads: readonly unknown[],
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    v: 1,
    room: fromBase64Url(houseRoom),
    reader: fromBase64Url(reader.account),
    time: Date.UTC(2026, 0, 15, 12),
    heads,
    ...change,
  }
}

/** A copy with one bit turned. */
export function flip(bytes: Uint8Array, index: number): Bytes {
  const copy = new Uint8Array(bytes)
  const at = index < 0 ? copy.length + index : index
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
