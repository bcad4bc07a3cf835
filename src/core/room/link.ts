import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equalBytes, fromBase64Url, fromUtf8, toBase64Url, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import {
  LinkChecksumError,
  LinkFormatError,
  LinkLengthError,
  LinkMissingSecretError,
  LinkNotTesseraError,
  LinkTruncatedError,
} from './errors.ts'

/** What a room link carries. The secret never leaves the fragment, the device and the proofs made from it. */
export interface RoomLink {
  /** 16 bytes. */
  readonly secret: Bytes
  /** Multiaddrs of relays beyond the one that served the page; empty for a room on its own relay. At most 4. */
  readonly relays: readonly string[]
}

/** Format byte of rooms that admit whoever proves the secret; 2 is reserved for locked rooms. */
const openRoom = 1

export const secretBytes = 16
const checksumBytes = 4
const maxRelays = 4
const maxRelayBytes = 255
const route = '#/r/'

export function newRoomLink(random: RandomBytes): RoomLink {
  return { secret: random(secretBytes), relays: [] }
}

/** The link to give away. The secret is in the fragment, which browsers send to nobody (RFC 3986 section 3.5). */
export function encodeRoomLink(link: RoomLink, origin: string): string {
  const relays = link.relays.slice(0, maxRelays).map(utf8)
  const hints = relays.flatMap((relay) => [new Uint8Array([relay.byteLength]), relay])
  const body = concat(new Uint8Array([openRoom]), link.secret, new Uint8Array([relays.length]), ...hints)
  return `${origin}/${route}${toBase64Url(concat(body, checksum(body)))}`
}

/**
 * Reads a room link: a whole address, a fragment, or the bare code, with white space around or inside it.
 * Throws one of the `Link…Error`s, each with its own advice. Layout in SPEC RO-1.
 */
export function parseRoomLink(text: string): RoomLink {
  const code = codeOf(text)
  let bytes: Bytes
  try {
    bytes = fromBase64Url(code)
  } catch (cause) {
    // One character left over is what cutting off a link leaves in one of four cases.
    if (/^[\w-]*$/.test(code)) throw new LinkTruncatedError('the link is cut off', { cause })
    throw new LinkNotTesseraError('the link has characters no room link has', { cause })
  }
  if (bytes[0] !== openRoom)
    throw new LinkFormatError(`expected format ${openRoom}, got ${bytes[0] ?? 'nothing'}`)
  const { end, relays } = readHints(bytes)
  if (bytes.byteLength < end + checksumBytes)
    throw new LinkTruncatedError('the link ends inside its checksum')
  if (bytes.byteLength > end + checksumBytes) throw new LinkLengthError('the link goes on after its end')
  // Unused low bits of the last character must be zero, or two texts would be one link.
  if (!equalBytes(bytes.subarray(end), checksum(bytes.subarray(0, end))) || toBase64Url(bytes) !== code) {
    throw new LinkChecksumError('the characters do not fit the checksum')
  }
  return { secret: bytes.slice(1, 1 + secretBytes), relays: relays.map(fromUtf8) }
}

function codeOf(text: string): string {
  const packed = text.replace(/\s+/g, '')
  const at = packed.indexOf(route)
  const code = at >= 0 ? packed.slice(at + route.length) : packed
  if (at < 0 && /[:/?#.]/.test(packed)) {
    // An address whose fragment is missing or something else.
    if (/^https?:\/\//i.test(packed) && !packed.includes('#'))
      throw new LinkMissingSecretError('no room key in it')
    throw new LinkNotTesseraError('expected https://…/#/r/…')
  }
  if (code === '') throw new LinkMissingSecretError('nothing after #/r/')
  return code
}

function readHints(bytes: Bytes): { end: number; relays: Bytes[] } {
  let at = 1 + secretBytes
  const count = bytes[at++]
  if (count === undefined) throw new LinkTruncatedError('the link ends inside its key')
  if (count > maxRelays) throw new LinkLengthError(`expected at most ${maxRelays} relays, got ${count}`)
  const relays: Bytes[] = []
  for (let i = 0; i < count; i++) {
    const length = bytes[at++]
    if (length === undefined || at + length > bytes.byteLength)
      throw new LinkTruncatedError('the link ends inside a relay')
    if (length > maxRelayBytes) throw new LinkLengthError('a relay address is too long')
    relays.push(bytes.slice(at, at + length))
    at += length
  }
  return { end: at, relays }
}

function checksum(body: Uint8Array): Uint8Array {
  return sha256(body).subarray(0, checksumBytes)
}
