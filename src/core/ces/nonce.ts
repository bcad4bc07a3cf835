import { concat, type Bytes } from '../base/bytes.ts'
import { noncePrefixBytes } from './constants.ts'
import type { SegmentContext } from './index.ts'

/** What the last byte of a nonce says (CES-12). A value is never reused for another purpose. */
export const nonceUse = { segment: 0, lastSegment: 1, meta: 2 } as const

/** 24-byte STREAM nonce (Hoang, Reyhanitabar, Rogaway, Vizár 2015): prefix ‖ u32 BE counter ‖ use. */
export function nonceOf(
  prefix: Uint8Array,
  counter: number,
  use: (typeof nonceUse)[keyof typeof nonceUse],
): Bytes {
  const nonce = new Uint8Array(noncePrefixBytes + 5)
  nonce.set(prefix)
  new DataView(nonce.buffer).setUint32(noncePrefixBytes, counter)
  nonce[noncePrefixBytes + 4] = use
  return nonce
}

/** What a segment's tag covers besides its bytes (CES-14): header hash ‖ codec u8 ‖ plaintext length u32 BE. */
export function segmentAad(context: SegmentContext, codec: number, plainBytes: number): Bytes {
  const own = new Uint8Array(5)
  own[0] = codec
  new DataView(own.buffer).setUint32(1, plainBytes)
  return concat(context.headerHash, own)
}
