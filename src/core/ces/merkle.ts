import type { Bytes } from '../base/bytes.ts'
import { hashBytes, maxSegments, maxShards } from './constants.ts'
import { InvalidSegmentError } from './errors.ts'
import { hashOf } from './hash.ts'
import type { CodeShape } from './index.ts'

/** First byte of every hashed leaf and node, so that neither passes for the other (RFC 6962 section 2.1). */
const leafTag = 0
const nodeTag = 1

/** Pieces of the largest file; also keeps indices within 32-bit arithmetic. */
const maxLeaves = maxSegments * maxShards

/** Position of a piece's leaf: segment by segment, shards in order (CES-41). */
export function leafIndex({ n }: CodeShape, segment: number, shard: number): number {
  return segment * n + shard
}

/** Leaf of one piece (CES-40): SHA-256(0 ‖ segment u32 BE ‖ shard u8 ‖ SHA-256(piece)). */
export async function leafHash(segment: number, shard: number, piece: Bytes): Promise<Bytes> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', piece))
  const leaf = new Uint8Array(6 + hashBytes)
  const view = new DataView(leaf.buffer)
  view.setUint8(0, leafTag)
  view.setUint32(1, segment)
  view.setUint8(5, shard)
  leaf.set(digest, 6)
  return hashOf(leaf)
}

/** A tree that grows as segments are sealed, in any order. Holds 64 bytes a leaf. */
export interface MerkleTree {
  /** Gives one leaf, once; parents are hashed as soon as both children are there. Throws `InvalidSegmentError`. */
  set(index: number, leaf: Uint8Array): void
  /** 32-byte root. Throws `InvalidSegmentError` while leaves are missing. */
  root(): Bytes
  /** Sibling nodes from the leaf up, 32 bytes each, concatenated; none for a single leaf. Throws `InvalidSegmentError`. */
  path(index: number): Bytes
}

/** One row of the tree, leaves at level 0. */
interface Level {
  readonly count: number
  readonly nodes: Bytes
  readonly isSet: Uint8Array
}

/** An empty tree for `leafCount` ≥ 1 leaves. A last node without a sibling moves up unchanged, as in RFC 6962. */
export function createMerkleTree(leafCount: number): MerkleTree {
  if (!Number.isInteger(leafCount) || leafCount < 1 || leafCount > maxLeaves) {
    throw new InvalidSegmentError(`expected 1 to ${String(maxLeaves)} leaves, got ${String(leafCount)}`)
  }
  const levels: Level[] = []
  for (let count = leafCount; ; count = Math.ceil(count / 2)) {
    levels.push({ count, nodes: new Uint8Array(count * hashBytes), isSet: new Uint8Array(count) })
    if (count === 1) break
  }
  return {
    set: (index, leaf) => setLeaf(levels, leafCount, index, leaf),
    root: () => nodeAt(levels, levels.length - 1, 0).slice(),
    path: (index) => pathOf(levels, leafCount, index),
  }
}

/**
 * The root that a leaf and its path lead to (CES-42), or undefined when the path has another length than this leaf's place demands.
 * Costs one hash a level.
 */
export function rootOf(
  leafCount: number,
  index: number,
  leaf: Uint8Array,
  path: Uint8Array,
): Uint8Array | undefined {
  let node = leaf
  let at = index
  let offset = 0
  for (let count = leafCount; count > 1; count = Math.ceil(count / 2)) {
    if (siblingOf(at, count) !== undefined) {
      const sibling = path.subarray(offset, offset + hashBytes)
      if (sibling.byteLength !== hashBytes) return undefined
      offset += hashBytes
      node = at % 2 === 0 ? hashPair(node, sibling) : hashPair(sibling, node)
    }
    at = Math.floor(at / 2)
  }
  return offset === path.byteLength ? node : undefined
}

function setLeaf(levels: readonly Level[], leafCount: number, index: number, leaf: Uint8Array): void {
  checkIndex(index, leafCount)
  if (leaf.byteLength !== hashBytes) {
    throw new InvalidSegmentError(`expected a leaf of ${String(hashBytes)} bytes`)
  }
  if (levels[0]?.isSet[index] === 1) throw new InvalidSegmentError(`leaf ${String(index)} was set before`)
  let node = leaf
  let at = index
  for (const [height, level] of levels.entries()) {
    level.nodes.set(node, at * hashBytes)
    level.isSet[at] = 1
    const sibling = siblingOf(at, level.count)
    if (sibling !== undefined) {
      if (level.isSet[sibling] !== 1) return
      node = hashPair(nodeAt(levels, height, at & ~1), nodeAt(levels, height, at | 1))
    }
    at = Math.floor(at / 2)
  }
}

function pathOf(levels: readonly Level[], leafCount: number, index: number): Bytes {
  checkIndex(index, leafCount)
  const path = new Uint8Array(levels.length * hashBytes)
  let offset = 0
  let at = index
  for (const [height, level] of levels.entries()) {
    const sibling = siblingOf(at, level.count)
    if (sibling !== undefined) {
      path.set(nodeAt(levels, height, sibling), offset)
      offset += hashBytes
    }
    at = Math.floor(at / 2)
  }
  return path.slice(0, offset)
}

/** Index of the other child of the same parent; undefined for the root and for a last node that moves up alone. */
export function siblingOf(index: number, count: number): number | undefined {
  const sibling = index ^ 1
  return count > 1 && sibling < count ? sibling : undefined
}

function nodeAt(levels: readonly Level[], height: number, index: number): Bytes {
  const level = levels[height]
  if (level?.isSet[index] !== 1) throw new InvalidSegmentError('leaves of the Merkle tree are missing')
  return level.nodes.subarray(index * hashBytes, (index + 1) * hashBytes)
}

/** Inner node of two (CES-40). */
export function hashPair(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * hashBytes)
  bytes[0] = nodeTag
  bytes.set(left, 1)
  bytes.set(right, 1 + hashBytes)
  return hashOf(bytes)
}

function checkIndex(index: number, count: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
    throw new InvalidSegmentError(`expected a leaf below ${String(count)}, got ${String(index)}`)
  }
}
