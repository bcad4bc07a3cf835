import * as v from 'valibot'
import { fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import type { CallId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import { maxCallFrameBytes, maxSdpLength } from './constants.ts'
import type { CallMedia, MediaSignal } from './index.ts'

/** Everything that travels on a call stream (SPEC CA-2). */
export type CallMessage =
  | ({ readonly t: 'invite'; readonly call: CallId } & CallMedia)
  | { readonly t: 'resume'; readonly call: CallId }
  | { readonly t: 'ringing' }
  | { readonly t: 'accept' }
  | { readonly t: 'decline' }
  | { readonly t: 'busy' }
  | {
      readonly t: 'end'
      readonly reason: 'hung-up' | 'cancelled' | 'answered-elsewhere' | 'no-answer' | 'failed'
    }
  | { readonly t: 'signal'; readonly signal: MediaSignal }

const callId = v.pipe(
  byteString(16),
  v.transform((bytes) => toBase64Url(bytes) as CallId), // 16 bytes checked above
)

const signal = v.variant('kind', [
  v.strictObject({
    kind: v.literal('description'),
    type: v.picklist(['offer', 'answer']),
    sdp: text(maxSdpLength, 1),
  }),
  v.strictObject({
    kind: v.literal('candidate'),
    candidate: text(1024),
    mid: text(32),
    line: uint(64),
    ufrag: text(256),
  }),
  v.strictObject({ kind: v.literal('media'), audio: v.boolean(), video: v.boolean() }),
])

const schema = v.variant('t', [
  v.strictObject({ t: v.literal('invite'), call: callId, audio: v.boolean(), video: v.boolean() }),
  v.strictObject({ t: v.literal('resume'), call: callId }),
  v.strictObject({ t: v.literal('ringing') }),
  v.strictObject({ t: v.literal('accept') }),
  v.strictObject({ t: v.literal('decline') }),
  v.strictObject({ t: v.literal('busy') }),
  v.strictObject({
    t: v.literal('end'),
    reason: v.picklist(['hung-up', 'cancelled', 'answered-elsewhere', 'no-answer', 'failed']),
  }),
  v.strictObject({ t: v.literal('signal'), signal }),
])

export function encodeCallMessage(message: CallMessage): Bytes {
  return toCbor('call' in message ? { ...message, call: fromBase64Url(message.call) } : message)
}

/** Throws `InvalidMessageError`. */
export function decodeCallMessage(bytes: Uint8Array): CallMessage {
  return fromCbor(bytes, schema, maxCallFrameBytes)
}
