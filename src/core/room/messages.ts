import * as v from 'valibot'
import type { Bytes } from '../base/bytes.ts'
import type { PeerId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import type { PeerAddress } from '../mesh/index.ts'
import { maxHandshakeFrameBytes, maxKnownPeers, maxPresenceFrameBytes } from './constants.ts'

/** The handshake, in order (SPEC RO-4): hello, challenge, proof, accept, welcome, done; or refused at any point. */
export type HandshakeMessage =
  | { readonly t: 'hello'; readonly v: number; readonly n: Bytes }
  | { readonly t: 'challenge'; readonly n: Bytes }
  | { readonly t: 'proof'; readonly p: Bytes }
  | { readonly t: 'accept'; readonly p: Bytes; readonly s: Bytes }
  | { readonly t: 'welcome'; readonly s: Bytes }
  | { readonly t: 'done' }
  | { readonly t: 'refused'; readonly reason: string }

const sealed = byteString(16, 1_024)
const handshake = v.variant('t', [
  v.strictObject({ t: v.literal('hello'), v: uint(65_535), n: byteString(32) }),
  v.strictObject({ t: v.literal('challenge'), n: byteString(32) }),
  v.strictObject({ t: v.literal('proof'), p: byteString(32) }),
  v.strictObject({ t: v.literal('accept'), p: byteString(32), s: sealed }),
  v.strictObject({ t: v.literal('welcome'), s: sealed }),
  v.strictObject({ t: v.literal('done') }),
  v.strictObject({ t: v.literal('refused'), reason: v.pipe(text(64), v.regex(/^[A-Za-z]{1,64}$/)) }),
])

/** What each side shows the other, sealed, once the secret is proven. */
export interface Card {
  readonly certificate: Bytes
  readonly name: string
  readonly app: string
}
const card = v.strictObject({ certificate: byteString(1, 700), name: text(256), app: text(32) })

/** What members tell each other on a presence stream (SPEC RO-8). */
export type PresenceMessage =
  | { readonly t: 'state'; readonly name: string; readonly direct: boolean }
  | { readonly t: 'peers'; readonly peers: readonly PeerAddress[] }
  | { readonly t: 'bye' }

const address = v.pipe(text(512, 1), v.regex(/^\/[!-~]+$/))
const peerId = v.pipe(
  text(64, 40),
  v.regex(/^[1-9A-HJ-NP-Za-km-z]+$/),
  v.transform((id) => id as PeerId), // dialling checks it; libp2p authenticates whoever answers
)
const presence = v.variant('t', [
  v.strictObject({ t: v.literal('state'), name: text(256), direct: v.boolean() }),
  v.strictObject({
    t: v.literal('peers'),
    peers: v.pipe(
      v.array(v.strictObject({ peer: peerId, addresses: v.pipe(v.array(address), v.maxLength(8)) })),
      v.maxLength(maxKnownPeers),
    ),
  }),
  v.strictObject({ t: v.literal('bye') }),
])

export const encodeHandshake = (message: HandshakeMessage): Bytes => toCbor(message)
export const encodeCard = (value: Card): Bytes => toCbor(value)
export const encodePresence = (message: PresenceMessage): Bytes => toCbor(message)

/** Throws `InvalidMessageError`. */
export function decodeHandshake(bytes: Uint8Array): HandshakeMessage {
  return fromCbor(bytes, handshake, maxHandshakeFrameBytes)
}

/** Throws `InvalidMessageError`. */
export function decodeCard(bytes: Uint8Array): Card {
  return fromCbor(bytes, card, maxHandshakeFrameBytes)
}

/** Throws `InvalidMessageError`. */
export function decodePresence(bytes: Uint8Array): PresenceMessage {
  return fromCbor(bytes, presence, maxPresenceFrameBytes)
}
