import { sha256 } from '@noble/hashes/sha2.js'
import type { Bytes } from '../base/bytes.ts'

/**
 * Lives as long as the module, and each digest begins as its copy. V8 throws optimised code away with the last object that it was
 * made for: hashers that come and go would then run slowly after every collection, at ten times their input in garbage.
 */
const blank = sha256.create()

/** SHA-256 of short things: manifests, tree nodes, headers. Pieces are hashed by WebCrypto, ten times as fast (merkle.ts). */
export function hashOf(bytes: Uint8Array): Bytes {
  return new Uint8Array(blank.clone().update(bytes).digest())
}
