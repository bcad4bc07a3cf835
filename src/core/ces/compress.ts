import { Inflate, deflateSync } from 'fflate'
import type { Bytes } from '../base/bytes.ts'
import {
  codecDeflate,
  codecRaw,
  deflateLevel,
  incompressibleBits,
  inflateStepBytes,
  probeSampleBytes,
  probeSamples,
  worthwhileRatio,
} from './constants.ts'
import { InflateError } from './errors.ts'

/** A segment as it goes to the cipher. `bytes` is the plaintext itself when `codec` is raw. */
export interface Packed {
  readonly codec: number
  readonly bytes: Uint8Array
}

/** Compresses a segment when a probe says that it may pay and the result proves it (CES-20, CES-21). */
export function pack(plaintext: Uint8Array): Packed {
  const raw = { codec: codecRaw, bytes: plaintext }
  if (entropyBits(plaintext) >= incompressibleBits) return raw
  const bytes = deflateSync(plaintext, { level: deflateLevel })
  if (bytes.byteLength >= plaintext.byteLength * worthwhileRatio) return raw
  return { codec: codecDeflate, bytes }
}

/**
 * Order-0 entropy in bits a byte, 0..8, over 16 samples of 4 KiB spread evenly (all of a shorter input). Blind to
 * repeated random blocks, which deflate would find; accepted for a tenth of a millisecond.
 */
export function entropyBits(bytes: Uint8Array): number {
  const counts = new Uint32Array(256)
  const sampled = Math.min(bytes.byteLength, probeSamples * probeSampleBytes)
  const stride = Math.floor((bytes.byteLength - sampled) / (probeSamples - 1))
  for (let sample = 0; sample < probeSamples; sample++) {
    const start = sample * (probeSampleBytes + stride)
    const end = Math.min(start + probeSampleBytes, bytes.byteLength)
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0
      counts[byte] = (counts[byte] ?? 0) + 1
    }
  }
  let bits = 0
  for (const count of counts) {
    if (count > 0) bits -= (count / sampled) * Math.log2(count / sampled)
  }
  return bits
}

/**
 * Inflates to exactly `plainBytes`, feeding the inflater in small steps so that a bomb is cut short (CES-23).
 *
 * @returns a new array that the caller owns
 * @throws InflateError for more bytes, fewer bytes, or bytes that are not deflate
 */
export function inflate(deflated: Uint8Array, plainBytes: number): Bytes {
  const plaintext = new Uint8Array(plainBytes)
  let filled = 0
  const inflater = new Inflate((chunk) => {
    if (filled + chunk.byteLength > plainBytes) {
      throw new InflateError(`expected ${String(plainBytes)} bytes, the compressed data holds more`)
    }
    plaintext.set(chunk, filled)
    filled += chunk.byteLength
  })
  try {
    for (let at = 0; at < deflated.byteLength; at += inflateStepBytes) {
      const end = at + inflateStepBytes
      inflater.push(deflated.subarray(at, end), end >= deflated.byteLength)
    }
  } catch (cause) {
    if (cause instanceof InflateError) throw cause
    throw new InflateError('expected deflate data', { cause })
  }
  if (filled !== plainBytes) {
    throw new InflateError(
      `expected ${String(plainBytes)} bytes, the compressed data holds ${String(filled)}`,
    )
  }
  return plaintext
}
