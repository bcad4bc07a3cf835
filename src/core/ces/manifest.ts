import * as v from 'valibot'
import { equalBytes, toBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError, VersionError } from '../base/errors.ts'
import type { FileId } from '../base/ids.ts'
import { byteString, decodeCbor, shapedAs, toCbor, uint } from '../base/wire/cbor.ts'
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
  maxShardBytes,
  maxShards,
  noncePrefixBytes,
  segmentRowBytes,
  tagBytes,
} from './constants.ts'
import { InvalidManifestError, UnknownCipherError, UnknownCodeError, UnknownHashError } from './errors.ts'
import { hashOf } from './hash.ts'
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
  return toBase64Url(hashOf(bytes)) as FileId // the brand is what this function gives
}

/** Canonical bytes of a manifest (CES-30). Throws `InvalidManifestError` or `UnknownCodecError` when its figures break a rule. */
export function encodeManifest(manifest: Manifest): Bytes {
  checkManifest(manifest)
  return toBytes(manifest, packRows(manifest.segments))
}

/**
 * Reads manifest bytes from anyone: bounded, parsed, and every figure checked against the others (CES-30 to CES-36). Allocates
 * at most 16 times their length, of which the result keeps 11.
 *
 * @param bytes whole manifest; copied
 * @throws VersionError, UnknownCipherError, UnknownCodeError, UnknownHashError, UnknownCodecError when a newer build made it
 * @throws InvalidManifestError for everything else
 */
export function decodeManifest(bytes: Uint8Array): ManifestRecord {
  const { manifest, rows } = parse(bytes)
  checkManifest(manifest)
  if (!equalBytes(toBytes(manifest, rows), bytes)) {
    throw new InvalidManifestError('expected the canonical encoding')
  }
  return { id: manifestId(bytes), manifest, bytes: new Uint8Array(bytes) }
}

/** @param rows the manifest's segments, packed */
function toBytes(manifest: Manifest, rows: Bytes): Bytes {
  return toCbor({
    version: manifest.version,
    cipher: cipherId,
    code: { id: codeId, k: manifest.code.k, n: manifest.code.n },
    hash: hashId,
    segmentBytes: manifest.segmentBytes,
    sizeBytes: manifest.sizeBytes,
    segments: rows,
    noncePrefix: manifest.noncePrefix,
    root: manifest.root,
    keyCommitment: manifest.keyCommitment,
    sealedMeta: manifest.sealedMeta,
  })
}

function parse(bytes: Uint8Array): { manifest: Manifest; rows: Bytes } {
  try {
    const value = decodeCbor(bytes, maxManifestBytes, maxManifestItems)
    const { version } = shapedAs(versionSchema, value)
    if (version !== formatVersion) {
      throw new VersionError(`expected manifest version ${String(formatVersion)}, got ${String(version)}`)
    }
    const { cipher, code, hash, segments: rows, ...rest } = shapedAs(manifestSchema, value)
    if (cipher !== cipherId) throw new UnknownCipherError(`no cipher with id ${String(cipher)} here`)
    if (code.id !== codeId) throw new UnknownCodeError(`no erasure code with id ${String(code.id)} here`)
    if (hash !== hashId) throw new UnknownHashError(`no hash with id ${String(hash)} here`)
    return { manifest: { ...rest, code: { k: code.k, n: code.n }, segments: unpackRows(rows) }, rows }
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
  // At its full length from the start, and whole numbers that the engine keeps unboxed: else a row costs twice its 48 bytes.
  const rows = new Array<SegmentRow>(bytes.byteLength / segmentRowBytes)
  for (let i = 0; i < rows.length; i++) {
    const sealedBytes = view.getInt32(i * segmentRowBytes + 1)
    if (sealedBytes < 0 || sealedBytes > maxShards * maxShardBytes) {
      throw new InvalidManifestError(`no segment has ${String(sealedBytes >>> 0)} bytes`)
    }
    rows[i] = { codec: view.getUint8(i * segmentRowBytes), sealedBytes }
  }
  return rows
}
