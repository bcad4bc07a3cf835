import * as v from 'valibot'
import { fromBase64Url, toBase64Url, type Bytes } from '../base/bytes.ts'
import type { CallId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import { wants, type Want } from './adapt.ts'
import { maxAnnounceFrameBytes, maxCallFrameBytes, maxSdpLength } from './constants.ts'
import type { CallMedia, MediaSignal, SentMedia } from './media.ts'
import { callRequests, type CallRequest } from './requests.ts'
import { reactions, type Reaction } from './reactions.ts'

/** One tab's stay in a call: 8 fresh bytes, base64url. A tab that left or crashed and came back has a new one. */
export type SessionId = string & { readonly sessionBrand: never }

/** One pair's media connection: 16 fresh bytes, base64url; of a ring, the call's id. */
export type LinkId = string & { readonly linkBrand: never }

/** One ring into a call that goes on: 16 fresh bytes, base64url. */
export type RingId = string & { readonly ringBrand: never }

/** Opens a link between two participants, or its signalling again; `from` and `to` are the sessions of both. */
export interface JoinMessage {
  readonly t: 'join'
  readonly call: CallId
  readonly from: SessionId
  readonly to: SessionId
  readonly link: LinkId
  /** False when only the signalling stream broke and the media connection of `link` still stands. */
  readonly isFresh: boolean
}

/** Asks a person to join the call the sender is in; nothing but the answer follows on its stream (SPEC CA-24). */
export type RingIntoMessage = {
  readonly t: 'ring-into'
  readonly ring: RingId
  readonly call: CallId
} & CallMedia

/** Why the other side ended. `stale` is no end of the call: the link named in a `join` is not known any more. */
export type EndWord = 'hung-up' | 'cancelled' | 'answered-elsewhere' | 'no-answer' | 'failed' | 'stale'

/** Everything that travels on a call stream (SPEC CA-2). */
export type CallMessage =
  | ({ readonly t: 'invite'; readonly call: CallId } & CallMedia)
  | RingIntoMessage
  | JoinMessage
  | { readonly t: 'ringing' }
  | { readonly t: 'accept' }
  | { readonly t: 'decline' }
  | { readonly t: 'busy' }
  | { readonly t: 'end'; readonly reason: EndWord }
  | { readonly t: 'signal'; readonly signal: MediaSignal }
  | { readonly t: 'want'; readonly want: Want }
  | { readonly t: 'ask'; readonly what: CallRequest }

/** What a tab says of its place in a call (SPEC CA-13). */
export interface Announcement extends SentMedia {
  readonly call: CallId
  readonly session: SessionId
  /** How long this tab has been in the call, in ms: an age needs no common clock. */
  readonly ageMs: number
  readonly hand: boolean
}

/** Everything that travels on an announcement stream. */
export type AnnounceMessage =
  | ({ readonly t: 'in' } & Announcement)
  | { readonly t: 'out' }
  | { readonly t: 'react'; readonly emoji: Reaction }

const callId = v.pipe(
  byteString(16),
  v.transform((bytes) => toBase64Url(bytes) as CallId), // 16 bytes checked above
)
const sessionId = v.pipe(
  byteString(8),
  v.transform((bytes) => toBase64Url(bytes) as SessionId), // 8 bytes checked above
)
const linkId = v.pipe(
  byteString(16),
  v.transform((bytes) => toBase64Url(bytes) as LinkId), // 16 bytes checked above
)
const ringId = v.pipe(
  byteString(16),
  v.transform((bytes) => toBase64Url(bytes) as RingId), // 16 bytes checked above
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
  v.strictObject({ kind: v.literal('restart') }),
])

const schema = v.variant('t', [
  v.strictObject({ t: v.literal('invite'), call: callId, audio: v.boolean(), video: v.boolean() }),
  v.strictObject({
    t: v.literal('ring-into'),
    ring: ringId,
    call: callId,
    audio: v.boolean(),
    video: v.boolean(),
  }),
  v.strictObject({
    t: v.literal('join'),
    call: callId,
    from: sessionId,
    to: sessionId,
    link: linkId,
    isFresh: v.boolean(),
  }),
  v.strictObject({ t: v.literal('ringing') }),
  v.strictObject({ t: v.literal('accept') }),
  v.strictObject({ t: v.literal('decline') }),
  v.strictObject({ t: v.literal('busy') }),
  v.strictObject({
    t: v.literal('end'),
    reason: v.picklist(['hung-up', 'cancelled', 'answered-elsewhere', 'no-answer', 'failed', 'stale']),
  }),
  v.strictObject({ t: v.literal('signal'), signal }),
  v.strictObject({ t: v.literal('want'), want: v.picklist(wants) }),
  v.strictObject({ t: v.literal('ask'), what: v.picklist(callRequests) }),
])

const announceSchema = v.variant('t', [
  v.strictObject({
    t: v.literal('in'),
    call: callId,
    session: sessionId,
    ageMs: uint(),
    audio: v.boolean(),
    video: v.boolean(),
    screen: v.boolean(),
    hand: v.boolean(),
  }),
  v.strictObject({ t: v.literal('out') }),
  v.strictObject({ t: v.literal('react'), emoji: v.picklist(reactions) }),
])

const idKeys = ['call', 'ring', 'from', 'to', 'link', 'session'] as const

/** The message with its ids as bytes, as they travel. */
function packed(message: CallMessage | AnnounceMessage): Bytes {
  const plain: Record<string, unknown> = { ...message }
  for (const key of idKeys) if (typeof plain[key] === 'string') plain[key] = fromBase64Url(plain[key])
  return toCbor(plain)
}

export function encodeCallMessage(message: CallMessage): Bytes {
  return packed(message)
}

/** Throws `InvalidMessageError`. */
export function decodeCallMessage(bytes: Uint8Array): CallMessage {
  return fromCbor(bytes, schema, maxCallFrameBytes)
}

export function encodeAnnouncement(message: AnnounceMessage): Bytes {
  return packed(message)
}

/** Throws `InvalidMessageError`. */
export function decodeAnnouncement(bytes: Uint8Array): AnnounceMessage {
  return fromCbor(bytes, announceSchema, maxAnnounceFrameBytes)
}
