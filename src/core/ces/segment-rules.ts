import { hashBytes, keyBytes, maxSegments, maxShardBytes, noncePrefixBytes, tagBytes } from './constants.ts'
import { InvalidSegmentError, WrongKeyError } from './errors.ts'
import type { SegmentContext } from './index.ts'
import { checkShape } from './plan.ts'

/**
 * Refuses what no file of this context can have, before a nonce is used: a position past the last segment, a segment that is
 * too long, or one that is not full and not the last (CES-4).
 *
 * @throws InvalidSegmentError, WrongKeyError when the key has another length
 */
export function checkPlace(
  context: SegmentContext,
  segment: number,
  isLast: boolean,
  plainBytes: number,
): void {
  const { code, segmentBytes } = context
  checkShape(code)
  if (context.key.byteLength !== keyBytes) {
    throw new WrongKeyError(
      `expected a key of ${String(keyBytes)} bytes, got ${String(context.key.byteLength)}`,
    )
  }
  demand(context.noncePrefix.byteLength === noncePrefixBytes, 'the nonce prefix has another length')
  demand(context.headerHash.byteLength === hashBytes, 'the header hash has another length')
  demand(
    Number.isInteger(segmentBytes) && segmentBytes + tagBytes <= code.k * maxShardBytes,
    `a segment of ${String(segmentBytes)} bytes is more than its shards hold`,
  )
  demand(
    Number.isInteger(segment) && segment >= 0 && segment < maxSegments,
    `expected a segment below ${String(maxSegments)}, got ${String(segment)}`,
  )
  const isOfLength = isLast ? plainBytes <= segmentBytes : plainBytes === segmentBytes
  const isEmptyOnlyAlone = plainBytes > 0 || segment === 0
  demand(
    Number.isInteger(plainBytes) && plainBytes >= 0 && isOfLength && isEmptyOnlyAlone,
    `segment ${String(segment)} cannot have ${String(plainBytes)} bytes`,
  )
}

function demand(isMet: boolean, message: string): void {
  if (!isMet) throw new InvalidSegmentError(message)
}
