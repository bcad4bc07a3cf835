import { chacha20 } from '@noble/ciphers/chacha.js'
import { utf8, type Bytes } from '../base/bytes.ts'

/** What a made-up file holds: bytes that nothing compresses, or lines of text. */
export type TestContent = 'random' | 'text'

const words = [
  'tile',
  'mosaic',
  'friend',
  'room',
  'shard',
  'token',
  'house',
  'broken',
  'half',
  'again',
  'open',
  'held',
]

/**
 * Bytes of one segment of a made-up file: a ChaCha20 key stream under the seed with the segment as nonce, or words that it picks.
 *
 * @param seed 32 bytes; the same seed gives the same file
 * @returns a new array that the caller owns
 */
export function testBytes(content: TestContent, seed: Bytes, segment: number, length: number): Bytes {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(8, segment)
  const stream = (bytes: number): Bytes => {
    const output = new Uint8Array(bytes)
    return new Uint8Array(chacha20(seed, nonce, output, output))
  }
  return content === 'random' ? stream(length) : textOf(stream(Math.ceil(length / 4)), length)
}

function textOf(picks: Bytes, length: number): Bytes {
  const bytes = new Uint8Array(length)
  const encoded = words.map((word) => utf8(`${word} `))
  let at = 0
  for (const pick of picks) {
    const word = encoded[pick % encoded.length] ?? new Uint8Array()
    if (at >= length) break
    bytes.set(word.subarray(0, length - at), at)
    at += word.length
  }
  return bytes
}
