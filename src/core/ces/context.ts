import { concat, equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { cipherId, codeId, formatVersion, hashId, keyBytes, noncePrefixBytes } from './constants.ts'
import { WrongKeyError } from './errors.ts'
import { hashOf } from './hash.ts'
import type { FileHeader, Manifest, SegmentContext } from './index.ts'

/** What is drawn at random for each file, and again for each new version of it. */
export interface FileSecrets {
  /** 32 bytes; with the file id the read capability. Never logged, never in a manifest. */
  readonly key: Bytes
  /** 19 bytes; public. */
  readonly noncePrefix: Bytes
}

/** Fresh secrets for one file (CES-10). Never reuse them for other bytes: nonces would repeat. */
export function newFileSecrets(random: RandomBytes): FileSecrets {
  return { key: random(keyBytes), noncePrefix: random(noncePrefixBytes) }
}

/** 32 bytes that bind a manifest to one key (CES-13) and tell nothing of it. */
export function keyCommitment(key: Uint8Array): Bytes {
  return hashOf(concat(utf8('tessera ces 1 commit'), key))
}

/** Throws `WrongKeyError` when `key` is not the one that `manifest` commits to. */
export function checkKey(manifest: Pick<Manifest, 'keyCommitment'>, key: Uint8Array): void {
  if (key.byteLength !== keyBytes) {
    throw new WrongKeyError(`expected a key of ${String(keyBytes)} bytes, got ${String(key.byteLength)}`)
  }
  if (!equalBytes(keyCommitment(key), manifest.keyCommitment)) {
    throw new WrongKeyError('the key is not the one of this manifest')
  }
}

/** The context under which a new file's segments are sealed. */
export function sealingContext(header: FileHeader, key: Bytes): SegmentContext {
  const { code, noncePrefix, segmentBytes } = header
  return { code, key, noncePrefix, segmentBytes, headerHash: headerHash(header, key) }
}

/** The context under which a manifest's segments are opened. Throws `WrongKeyError`. */
export function openingContext(manifest: Manifest, key: Bytes): SegmentContext {
  checkKey(manifest, key)
  return sealingContext(manifest, key)
}

/** SHA-256 over everything that is fixed before the first segment is sealed, in the layout of CES-11. */
function headerHash(header: FileHeader, key: Uint8Array): Bytes {
  const fixed = new Uint8Array(18)
  const view = new DataView(fixed.buffer)
  fixed.set([formatVersion, cipherId, codeId, hashId, header.code.k, header.code.n])
  view.setUint32(6, header.segmentBytes)
  view.setBigUint64(10, BigInt(header.sizeBytes))
  return hashOf(concat(utf8('tessera ces 1 header'), fixed, header.noncePrefix, keyCommitment(key)))
}
