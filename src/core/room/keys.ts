import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import type { AccountId, RoomId } from '../base/ids.ts'
import type { RoomLink } from './link.ts'

/** Everything derived from the room's secret; 32 bytes each unless said. */
export interface RoomKeys {
  readonly id: RoomId
  /** Proves knowledge of the secret and seals what is shown during admission. */
  readonly admission: Bytes
  /** Seals gossip. */
  readonly message: Bytes
  /** Names gossip topics so that a name tells nothing. */
  readonly topic: Bytes
  /** Names the room at the relay, differently every day. */
  readonly rendezvous: Bytes
  /** Seals what this device keeps of one's own words when the room is forgotten. */
  readonly ownLog: Bytes
}

const dayMs = 24 * 60 * 60 * 1000

/** Near midnight two days' names are used, so that clocks some minutes apart still meet. */
const overlapMs = 30 * 60 * 1000

/** HKDF-SHA256 (RFC 5869). */
export function derive(secret: Uint8Array, salt: Uint8Array, info: string, length = 32): Bytes {
  return new Uint8Array(hkdf(sha256, secret, salt, utf8(info), length))
}

/** HMAC-SHA256 (RFC 2104). */
export function mac(key: Uint8Array, message: Uint8Array): Bytes {
  return new Uint8Array(hmac(sha256, key, message))
}

export function roomKeys(link: RoomLink): RoomKeys {
  const salt = utf8('tessera/room/1')
  const key = (label: string, length = 32): Bytes => derive(link.secret, salt, label, length)
  return {
    id: toBase64Url(key('room id', 16)) as RoomId, // 16 derived bytes are what a room id is
    admission: key('admission'),
    message: key('message'),
    topic: key('topic'),
    rendezvous: key('rendezvous'),
    ownLog: key('own log'),
  }
}

/** The public id of a link's room. */
export function roomIdOf(link: RoomLink): RoomId {
  return roomKeys(link).id
}

/** Key (32 bytes) and name under which an account's own words of a forgotten room are kept on this device. */
export function ownLogSeal(
  link: RoomLink,
  account: AccountId,
): { readonly key: Bytes; readonly name: string } {
  const { ownLog } = roomKeys(link)
  return { key: ownLog, name: toBase64Url(mac(ownLog, utf8(account)).slice(0, 16)) }
}

/** What the room is called at relays now: today's name, and the neighbouring day's near midnight (UTC). */
export function rendezvousNames(keys: RoomKeys, now: number): readonly string[] {
  const days = [now, now - overlapMs, now + overlapMs].map((at) => Math.floor(at / dayMs))
  return [...new Set(days)].map((day) => `tessera/${toBase64Url(mac(keys.rendezvous, utf8(String(day))))}`)
}

/** What a gossip topic is called on the wire. */
export function topicName(keys: RoomKeys, topic: string): string {
  return toBase64Url(mac(keys.topic, utf8(topic)))
}
