import { systemRandom } from '../../src/core/base/clock.ts'
import type { Bytes } from '../../src/core/base/bytes.ts'
import { newFileSecrets, sealingContext, type SegmentContext } from '../../src/core/ces/index.ts'

/** The shape that all is measured with, in full shards: 2.6 MB of plaintext a segment. */
export const code = { k: 10, n: 14 }
export const shardBytes = 262_144
export const sealedBytes = code.k * shardBytes
export const plainBytes = sealedBytes - 16

/** Random bytes of any length; the platform gives 64 KiB a call. */
export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** A context for a file of so many full segments. Segments are sealed again and again in it: with the same plaintext only. */
export function newContext(segments: number): SegmentContext {
  const { key, noncePrefix } = newFileSecrets(systemRandom)
  return sealingContext(
    { code, segmentBytes: plainBytes, sizeBytes: segments * plainBytes, noncePrefix },
    key,
  )
}

/** Runs `work` for 0 to `count` − 1, so many at a time. */
export async function inLanes(
  lanes: number,
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
