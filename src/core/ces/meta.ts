import * as v from 'valibot'
import { concat, utf8, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import { fromCbor, text, toCbor, uint } from '../base/wire/cbor.ts'
import { decrypt, encrypt } from './cipher.ts'
import { maxMediaTypeLength, maxNameLength, maxSealedMetaBytes, metaPadBytes, tagBytes } from './constants.ts'
import { DecryptionError, InvalidMetaError } from './errors.ts'
import type { FileMeta, SegmentContext } from './index.ts'
import { nonceOf, nonceUse } from './nonce.ts'

/** Bytes before the CBOR that say how long it is; the rest is padding. */
const lengthBytes = 2

const metaSchema = v.strictObject({
  name: text(maxNameLength),
  mediaType: text(maxMediaTypeLength),
  modifiedAt: v.exactOptional(uint()),
})

/**
 * Seals what only readers may learn (CES-15). Once per context: the nonce is fixed.
 *
 * @returns at most 4,096 bytes, a multiple of 128 and the tag
 * @throws InvalidMetaError for a name over 1,024 UTF-16 units, a type over 255, or a date that is not a whole number ≥ 0
 */
export function sealMeta(context: SegmentContext, meta: FileMeta): Bytes {
  if (!v.is(metaSchema, meta)) {
    throw new InvalidMetaError('expected a name, a media type and a date within their bounds')
  }
  const body = toCbor(meta)
  const padded = Math.ceil((lengthBytes + body.byteLength) / metaPadBytes) * metaPadBytes
  const plaintext = new Uint8Array(padded)
  new DataView(plaintext.buffer).setUint16(0, body.byteLength)
  plaintext.set(body, lengthBytes)
  const sealed = new Uint8Array(padded + tagBytes)
  encrypt(context.key, metaNonce(context), metaAad(context), plaintext, sealed)
  return sealed
}

/** Inverse of {@link sealMeta}. Throws `DecryptionError`, or `InvalidMetaError` when its sealer broke a bound. */
export function openMeta(context: SegmentContext, sealed: Uint8Array): FileMeta {
  if (sealed.byteLength < tagBytes + lengthBytes || sealed.byteLength > maxSealedMetaBytes) {
    throw new DecryptionError(
      `expected sealed meta within its bounds, got ${String(sealed.byteLength)} bytes`,
    )
  }
  const plaintext = new Uint8Array(sealed.byteLength - tagBytes)
  decrypt(context.key, metaNonce(context), metaAad(context), sealed, plaintext)
  const bodyBytes = new DataView(plaintext.buffer).getUint16(0)
  try {
    return fromCbor(plaintext.subarray(lengthBytes, lengthBytes + bodyBytes), metaSchema, maxSealedMetaBytes)
  } catch (cause) {
    if (!(cause instanceof InvalidMessageError)) throw cause
    throw new InvalidMetaError('the sealed name and type have the wrong shape', { cause })
  }
}

function metaNonce(context: SegmentContext): Bytes {
  return nonceOf(context.noncePrefix, 0, nonceUse.meta)
}

function metaAad(context: SegmentContext): Bytes {
  return concat(context.headerHash, utf8('meta'))
}
