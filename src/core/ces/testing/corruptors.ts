import { concat, type Bytes } from '../../base/bytes.ts'
import { noise } from './sample-bytes.ts'
import type { SealedFile } from './sealed-file.ts'

/** What a holder gives for one position. */
export interface GivenPiece {
  readonly bytes: Bytes
  readonly path: Bytes
}

/** What a dishonest or broken holder has at hand to give instead. All files have one shape. */
export interface Loot {
  readonly file: SealedFile
  readonly segment: number
  readonly shard: number
  /** Of the same length, under another key. */
  readonly otherFile: SealedFile
  /** The same content with some bytes changed, sealed under the same key and prefix: what a restored backup may hold. */
  readonly olderFile: SealedFile
}

/** Makes something else of a right piece. */
export type Corruptor = (piece: GivenPiece, loot: Loot) => GivenPiece

/** The right piece and path of a position. */
export function pieceAt(file: SealedFile, segment: number, shard: number): GivenPiece {
  const bytes = file.segments[segment]?.pieces[shard]
  if (bytes === undefined) throw new Error('no such piece')
  const index = segment * file.record.manifest.code.n + shard
  return { bytes: bytes.slice(), path: file.tree.path(index) }
}

const edited = (bytes: Bytes, edit: (copy: Bytes) => void): Bytes => {
  const copy = bytes.slice()
  edit(copy)
  return copy
}
const flipped = (bytes: Bytes, at: number, mask: number): Bytes =>
  edited(bytes, (copy) => (copy[at] = (copy[at] ?? 0) ^ mask))
const data =
  (change: (bytes: Bytes, loot: Loot) => Bytes): Corruptor =>
  (piece, loot) => ({ ...piece, bytes: change(piece.bytes, loot) })
const path =
  (change: (path: Bytes, loot: Loot) => Bytes): Corruptor =>
  (piece, loot) => ({ ...piece, path: change(piece.path, loot) })
const nextShard = ({ file, shard }: Loot): number => (shard + 1) % file.record.manifest.code.n

/**
 * The ways in which a piece can be wrong, after the share corruptors of Tahoe-LAFS's tests (src/allmydata/test/common.py): share
 * data, its last byte, a fixed byte, sizes, versions, offsets that point elsewhere, short reads, and each hash structure. Pieces
 * here have no header: sizes and offsets of theirs are lengths and positions of ours, their hash trees our path.
 */
export const corruptors: Readonly<Record<string, Corruptor>> = {
  'one bit of the data flipped': data((bytes, { shard }) =>
    flipped(bytes, (shard * 7_919) % bytes.length, 1 << (shard % 8)),
  ),
  'first byte of the data flipped': data((bytes) => flipped(bytes, 0, 255)),
  'last byte of the data flipped': data((bytes) => flipped(bytes, bytes.length - 1, 255)),
  'bit 1 of byte 0x221 flipped': data((bytes) => flipped(bytes, 0x221 % bytes.length, 2)),
  'data all zero': data((bytes) => new Uint8Array(bytes.length)),
  'data all ones': data((bytes) => new Uint8Array(bytes.length).fill(255)),
  'data replaced by noise': data((bytes, { shard }) => noise(bytes.length, shard + 77)),
  'first 64 bytes zero': data((bytes) => edited(bytes, (copy) => copy.fill(0, 0, 64))),
  'data shifted by one byte': data((bytes) => concat(bytes.subarray(1), bytes.subarray(0, 1))),
  'data reversed': data((bytes) => bytes.toReversed()),
  'data one byte short': data((bytes) => bytes.slice(0, -1)),
  'data cut in half': data((bytes) => bytes.slice(0, bytes.length / 2)),
  'data empty': data(() => new Uint8Array()),
  'data one byte long': data((bytes) => concat(bytes, Uint8Array.of(0))),
  'data one alignment long': data((bytes) => concat(bytes, new Uint8Array(64))),
  'piece of another shard': (_, loot) => pieceAt(loot.file, loot.segment, nextShard(loot)),
  'data of another shard under the path of this one': data(
    (_, loot) => pieceAt(loot.file, loot.segment, nextShard(loot)).bytes,
  ),
  'piece of another segment': (_, loot) => {
    const { file, segment, shard, otherFile } = loot
    const other = (segment + 1) % file.segments.length
    return pieceAt(other === segment ? otherFile : file, other, shard)
  },
  'piece of another file': (_, { otherFile, segment, shard }) => pieceAt(otherFile, segment, shard),
  'piece of an older version': (_, { olderFile, segment, shard }) => pieceAt(olderFile, segment, shard),
  'data of an older version under the path of this one': data(
    (_, { olderFile, segment, shard }) => pieceAt(olderFile, segment, shard).bytes,
  ),
  'one bit of the path flipped': path((nodes, { shard }) => flipped(nodes, (shard * 37) % nodes.length, 4)),
  'last byte of the path flipped': path((nodes) => flipped(nodes, nodes.length - 1, 255)),
  'path all zero': path((nodes) => new Uint8Array(nodes.length)),
  'path reversed': path((nodes) => nodes.toReversed()),
  'path one node short': path((nodes) => nodes.slice(0, -32)),
  'path without its first node': path((nodes) => nodes.slice(32)),
  'path one byte short': path((nodes) => nodes.slice(0, -1)),
  'path one node long': path((nodes) => concat(nodes, noise(32))),
  'path empty': path(() => new Uint8Array()),
  'path of another shard': path((_, loot) => pieceAt(loot.file, loot.segment, nextShard(loot)).path),
  'path of another file': path((_, { otherFile, segment, shard }) => pieceAt(otherFile, segment, shard).path),
}
