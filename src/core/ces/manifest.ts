import { sha256 } from '@noble/hashes/sha2.js'
import * as v from 'valibot'
import { equalBytes, toBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError, VersionError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { byteString, fromCbor, toCbor, uint } from '../base/wire/cbor.ts'
import {
  cipherId,
  codeId,
  formatVersion,
  hashBytes,
  hashId,
  maxManifestBytes,
  maxManifestItems,
  maxSealedMetaBytes,
  maxSegments,
  maxShards,
  noncePrefixBytes,
  segmentRowBytes,
  tagBytes,
} from './constants.ts'
import { InvalidManifestError, UnknownCipherError, UnknownCodeError, UnknownHashError } from './errors.ts'
import type { Manifest, ManifestRecord, SegmentRow } from './index.ts'
import { checkManifest } from './manifest-rules.ts'

const versionSchema = v.looseObject({ version: uint() })

const manifestSchema = v.strictObject({
  version: v.literal(formatVersion),
  cipher: uint(),
  code: v.strictObject({ id: uint(), k: uint(maxShards), n: uint(maxShards) }),
  hash: uint(),
  segmentBytes: uint(0xffff_ffff),
  sizeBytes: uint(),
  segments: byteString(segmentRowBytes, maxSegments * segmentRowBytes),
  noncePrefix: byteString(noncePrefixBytes),
  root: byteString(hashBytes),
  keyCommitment: byteString(hashBytes),
  sealedMeta: byteString(tagBytes, maxSealedMetaBytes),
})

/** The verify capability of manifest bytes: base64url of their SHA-256 (CES-31). */
export function manifestId(bytes: Uint8Array): FileId {
  return toBase64Url(sha256(bytes)) as FileId // the brand is what this function gives
}

/** Canonical bytes of a manifest (CES-30). Throws `InvalidManifestError` or `UnknownCodecError` when its figures break a rule. */
export function encodeManifest(manifest: Manifest): Bytes {
  checkManifest(manifest)
  return toBytes(manifest)
}

/**
 * Reads manifest bytes from anyone: bounded, parsed, and every figure checked against the others (CES-30 to CES-36).
 *
 * @param bytes whole manifest; copied
 * @throws VersionError, UnknownCipherError, UnknownCodeError, UnknownHashError, UnknownCodecError when a newer build made it
 * @throws InvalidManifestError for everything else
 */
export function decodeManifest(bytes: Uint8Array): ManifestRecord {
  const manifest = parse(bytes)
  checkManifest(manifest)
  if (!equalBytes(toBytes(manifest), bytes)) {
    throw new InvalidManifestError('expected the canonical encoding')
  }
  return { id: manifestId(bytes), manifest, bytes: new Uint8Array(bytes) }
}

function toBytes(manifest: Manifest): Bytes {
  return toCbor({
    version: manifest.version,
    cipher: cipherId,
    code: { id: codeId, k: manifest.code.k, n: manifest.code.n },
    hash: hashId,
    segmentBytes: manifest.segmentBytes,
    sizeBytes: manifest.sizeBytes,
    segments: packRows(manifest.segments),
    noncePrefix: manifest.noncePrefix,
    root: manifest.root,
    keyCommitment: manifest.keyCommitment,
    sealedMeta: manifest.sealedMeta,
  })
}

function parse(bytes: Uint8Array): Manifest {
  try {
    const { version } = fromCbor(bytes, versionSchema, maxManifestBytes, maxManifestItems)
    if (version !== formatVersion) {
      throw new VersionError(`expected manifest version ${String(formatVersion)}, got ${String(version)}`)
    }
    const { cipher, code, hash, segments, ...rest } = fromCbor(
      bytes,
      manifestSchema,
      maxManifestBytes,
      maxManifestItems,
    )
    if (cipher !== cipherId) throw new UnknownCipherError(`no cipher with id ${String(cipher)} here`)
    if (code.id !== codeId) throw new UnknownCodeError(`no erasure code with id ${String(code.id)} here`)
    if (hash !== hashId) throw new UnknownHashError(`no hash with id ${String(hash)} here`)
    return { ...rest, code: { k: code.k, n: code.n }, segments: unpackRows(segments) }
  } catch (cause) {
    if (!(cause instanceof InvalidMessageError)) throw cause
    throw new InvalidManifestError(`manifest: ${cause.message}`, { cause })
  }
}

/** Rows of codec u8 ‖ sealed length u32 BE: a list of any length costs no parser objects, and has one form (CES-32). */
function packRows(rows: readonly SegmentRow[]): Bytes {
  const bytes = new Uint8Array(rows.length * segmentRowBytes)
  const view = new DataView(bytes.buffer)
  rows.forEach((row, i) => {
    view.setUint8(i * segmentRowBytes, row.codec)
    view.setUint32(i * segmentRowBytes + 1, row.sealedBytes)
  })
  return bytes
}

function unpackRows(bytes: Bytes): SegmentRow[] {
  if (bytes.byteLength % segmentRowBytes !== 0) {
    throw new InvalidManifestError(`expected segment rows of ${String(segmentRowBytes)} bytes`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.byteLength / segmentRowBytes }, (_, i) => ({
    codec: view.getUint8(i * segmentRowBytes),
    sealedBytes: view.getUint32(i * segmentRowBytes + 1),
  }))
}
