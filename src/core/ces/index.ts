/**
 * CES: compress, encrypt, shard. Pure functions over one segment at a time and the port of the engine that runs them
 * in workers. SPEC.md has the format.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'

/** Reed-Solomon shape of a file: any `k` of `n` shards rebuild it. 1 ≤ k ≤ n ≤ 255. */
export interface CodeShape {
  readonly k: number
  readonly n: number
}

/** Everything the manifest says in clear; enough to hold, verify and repair, not to read. */
export interface Manifest {
  readonly version: 1
  readonly code: CodeShape
  /** Plaintext bytes in every segment but the last. */
  readonly segmentBytes: number
  /** Plaintext bytes in all. */
  readonly sizeBytes: number
  /** Per segment: codec id (0 raw, 1 deflate) and ciphertext length with its 16-byte tag. */
  readonly segments: readonly { readonly codec: number; readonly sealedBytes: number }[]
  /** 19-byte STREAM nonce prefix. */
  readonly noncePrefix: Bytes
  /** Merkle root over all piece hashes, leaf order segment-major. */
  readonly root: Bytes
  /** H("commit" ‖ key): XChaCha20-Poly1305 alone does not commit to its key. */
  readonly keyCommitment: Bytes
  /** Name and media type, sealed with the file key. */
  readonly sealedMeta: Bytes
}

/** What only a reader learns. */
export interface FileMeta {
  readonly name: string
  readonly mediaType: string
  /** ms since the epoch, or undefined. */
  readonly modifiedAt?: number
}

export interface SealedSegment {
  readonly codec: number
  readonly sealedBytes: number
  /** n pieces of equal length. */
  readonly pieces: readonly Bytes[]
  /** SHA-256 of each piece, as Merkle leaves. */
  readonly leaves: readonly Bytes[]
}

/** What the workers need to know of a file to seal or open its segments. */
export interface SegmentContext {
  readonly code: CodeShape
  readonly key: Bytes
  readonly noncePrefix: Bytes
}

/** The engine port: one segment in, one segment out; the browser adapter is a worker pool, Node and tests run it inline. */
export interface CesEngine {
  /**
   * Compresses when it pays, seals, codes and hashes one segment.
   * @param plaintext ownership passes to the engine (it may be transferred)
   */
  seal(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    plaintext: Bytes,
    options?: { signal?: AbortSignal },
  ): Promise<SealedSegment>
  /**
   * Rebuilds when data pieces are missing, opens and inflates one segment. Throws `NotEnoughPiecesError`,
   * `DecryptionError`, `InflateError` (more bytes than declared, or garbage); never releases unverified bytes.
   * @param pieces at least k already hash-checked pieces by shard index; ownership passes to the engine
   */
  open(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    expected: { readonly codec: number; readonly sealedBytes: number; readonly plainBytes: number },
    pieces: ReadonlyMap<number, Bytes>,
    options?: { signal?: AbortSignal },
  ): Promise<Bytes>
  /** How many segments may usefully be in flight at once. */
  readonly concurrency: number
  stop(): void
}

/** A manifest with its bytes and id. */
export interface ManifestRecord {
  readonly id: FileId
  readonly manifest: Manifest
  readonly bytes: Bytes
}
