/**
 * CES: compress, encrypt, shard. Pure functions over one segment at a time and the port of the engine that runs them
 * in workers. SPEC.md has the format.
 *
 * To share: `planSegments` → `newFileSecrets` → `sealingContext` → `engine.seal` per segment, its leaves into a
 * `createMerkleTree` → `sealMeta` → `encodeManifest`. To fetch: `decodeManifest` → `openingContext` → pieces, each through
 * `verifyPiece` → `engine.open` per segment.
 *
 * @packageDocumentation
 */
import type { Bytes } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import type { KernelName } from './rs-kernel.ts'

export { sealingContext, openingContext, newFileSecrets, keyCommitment, checkKey } from './context.ts'
export type { FileSecrets } from './context.ts'
export { maxSpareBytes, tagBytes } from './constants.ts'
export * from './errors.ts'
export { createInlineEngine } from './inline-engine.ts'
export type { InlineEngineInit } from './inline-engine.ts'
export { decodeManifest, encodeManifest, manifestId } from './manifest.ts'
export { createMerkleTree, leafHash, leafIndex } from './merkle.ts'
export type { MerkleTree } from './merkle.ts'
export { openMeta, sealMeta } from './meta.ts'
export { pieceBytes, planSegments, segmentPlainBytes } from './plan.ts'
export type { SegmentPlan } from './plan.ts'
export type { KernelName } from './rs-kernel.ts'
export { runSelfTest } from './self-test.ts'
export type { SelfTestInit, SelfTestResult, TestedStage } from './self-test.ts'
export type { SelfTestFailure, TestStep } from './self-test-step.ts'
export { Spares } from './spares.ts'
export { ProofWindow } from './proof-window.ts'
export type { TestContent } from './test-bytes.ts'
export { verifyPiece } from './verify-piece.ts'

/** Reed-Solomon shape of a file: any `k` of `n` shards rebuild it. 1 ≤ k ≤ n ≤ 255. */
export interface CodeShape {
  readonly k: number
  readonly n: number
}

/** What is known of a file before its first segment is sealed; every sealed segment is bound to it (CES-11). */
export interface FileHeader {
  readonly code: CodeShape
  /** Plaintext bytes in every segment but the last. With the 16-byte tag a whole multiple of k × 64. */
  readonly segmentBytes: number
  /** Plaintext bytes in all. */
  readonly sizeBytes: number
  /** 19-byte STREAM nonce prefix. */
  readonly noncePrefix: Bytes
}

/** Everything the manifest says in clear; enough to hold, verify and repair, not to read. */
export interface Manifest extends FileHeader {
  readonly version: 1
  /** Per segment: codec id (0 raw, 1 deflate) and ciphertext length with its 16-byte tag. */
  readonly segments: readonly SegmentRow[]
  /** Merkle root over all piece hashes, leaf order segment-major. */
  readonly root: Bytes
  /** Tagged hash of the key (CES-13): XChaCha20-Poly1305 alone does not commit to its key. */
  readonly keyCommitment: Bytes
  /** Name and media type, sealed with the file key. */
  readonly sealedMeta: Bytes
}

/** One segment's line in the manifest. */
export interface SegmentRow {
  readonly codec: number
  readonly sealedBytes: number
}

/** What only a reader learns. */
export interface FileMeta {
  readonly name: string
  readonly mediaType: string
  /** ms since the epoch, or undefined. */
  readonly modifiedAt?: number
}

export interface SealedSegment extends SegmentRow {
  /** n pieces of equal length, each over its own buffer. */
  readonly pieces: readonly Bytes[]
  /** Tagged SHA-256 of each piece, as Merkle leaves (CES-40). */
  readonly leaves: readonly Bytes[]
}

/** Pieces of a segment made from others, see {@link CesEngine.recode}. */
export interface RecodedSegment {
  /** The pieces asked for, by shard index. */
  readonly pieces: ReadonlyMap<number, Bytes>
  /** Merkle leaves of all n pieces (CES-40). */
  readonly leaves: readonly Bytes[]
}

/** What the workers need to know of a file to seal or open its segments; made by `sealingContext` or `openingContext`. */
export interface SegmentContext {
  readonly code: CodeShape
  readonly key: Bytes
  readonly noncePrefix: Bytes
  /** Plaintext bytes in every segment but the last. */
  readonly segmentBytes: number
  /** 32-byte hash of the file's header; part of what each tag authenticates (CES-11). */
  readonly headerHash: Bytes
}

/** What is done to a segment, in order: the first four seal it, the last three open it. */
export type Stage = 'compress' | 'encrypt' | 'code' | 'hash' | 'rebuild' | 'decrypt' | 'inflate'

/** How an engine worked on one segment. */
export interface SegmentReport {
  /** Which code did the Reed-Solomon products. */
  readonly kernel: KernelName
  /** Milliseconds of each stage done. `hash` counts until its result was taken up, so it holds what ran meanwhile. */
  readonly stageMs: ReadonlyMap<Stage, number>
}

/** Options of both verbs of an engine. */
export interface SegmentOptions {
  readonly signal?: AbortSignal
  /** Told once, before the result is given. */
  readonly onReport?: (report: SegmentReport) => void
}

/** What the manifest says of a segment that is to be opened. */
export interface ExpectedSegment extends SegmentRow {
  readonly plainBytes: number
}

/** The engine port: one segment in, one segment out; the browser adapter is a worker pool, Node and tests run it inline. */
export interface CesEngine {
  /**
   * Compresses when it pays, seals, codes and hashes one segment.
   * Sealing a segment again under one context is allowed with the same plaintext only: the nonce is the same.
   * @param plaintext ownership passes to the engine (it may be transferred)
   */
  seal(
    context: SegmentContext,
    segment: number,
    isLast: boolean,
    plaintext: Bytes,
    options?: SegmentOptions,
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
    expected: ExpectedSegment,
    pieces: ReadonlyMap<number, Bytes>,
    options?: SegmentOptions,
  ): Promise<Bytes>
  /**
   * Makes `wanted` pieces of a segment from others, without a key (CES-54). Whether they are what the sharer published, their proof
   * tells. Throws `NotEnoughPiecesError`, `CorruptPieceError`, `InvalidSegmentError`.
   * @param pieces at least k already hash-checked pieces by shard index; ownership passes to the engine
   */
  recode(
    code: CodeShape,
    segment: number,
    pieces: ReadonlyMap<number, Bytes>,
    wanted: readonly number[],
    options?: { signal?: AbortSignal },
  ): Promise<RecodedSegment>
  /** How many segments may usefully be in flight at once. */
  readonly concurrency: number
  /**
   * Takes buffers of pieces that were stored or are not needed, so that later pieces are written into them. Never needed; the
   * arrays must not be used any more.
   */
  recycle(pieces: readonly Bytes[]): void
  stop(): void
}

/** A manifest with its bytes and id. */
export interface ManifestRecord {
  readonly id: FileId
  readonly manifest: Manifest
  readonly bytes: Bytes
}
