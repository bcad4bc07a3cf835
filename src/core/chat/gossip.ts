import { concat, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import { maxEntryBytes, maxGossipBytes, maxReceiptBytes } from './constants.ts'
import { signatureBytes } from './entry.ts'

/** A live item: the bytes of one entry or one receipt. */
export interface LiveItem {
  readonly kind: 'entry' | 'receipt'
  readonly bytes: Bytes
}

const entryTag = 1
const receiptTag = 2

/** A gossip payload: one byte that says what follows, then the item as it is stored (SPEC CH-11). */
export function encodeGossip({ kind, bytes }: LiveItem): Bytes {
  return concat(new Uint8Array([kind === 'entry' ? entryTag : receiptTag]), bytes)
}

/** Splits a payload without copying; throws `InvalidMessageError` for a foreign tag or a length out of bounds. */
export function decodeGossip(payload: Bytes): LiveItem {
  const bytes = payload.subarray(1)
  if (payload.byteLength > maxGossipBytes || bytes.byteLength <= signatureBytes) {
    throw new InvalidMessageError(`gossip payload of ${payload.byteLength} bytes is out of bounds`)
  }
  const kind = payload[0] === entryTag ? 'entry' : payload[0] === receiptTag ? 'receipt' : undefined
  if (kind === undefined) throw new InvalidMessageError('gossip payload of an unknown kind')
  if (bytes.byteLength > (kind === 'entry' ? maxEntryBytes : maxReceiptBytes)) {
    throw new InvalidMessageError(`${kind} of ${bytes.byteLength} bytes is too long`)
  }
  return { kind, bytes }
}
