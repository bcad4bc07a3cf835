import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { createMerkleTree, leafHash, leafIndex, rootOf } from './merkle.ts'
import { noise } from './testing/sample-bytes.ts'

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** The tree as RFC 6962 section 2.1 defines it, by recursion over the largest power of two: another way to the same root. */
function rootByRfc(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (only !== undefined && leaves.length === 1) return only
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(new Uint8Array([1]), rootByRfc(leaves.slice(0, split)), rootByRfc(leaves.slice(split)))
}

const leavesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => noise(32, i + 1))

function treeOf(leaves: readonly Uint8Array[]): ReturnType<typeof createMerkleTree> {
  const tree = createMerkleTree(leaves.length)
  leaves.forEach((leaf, i) => tree.set(i, leaf))
  return tree
}

describe('the Merkle tree', () => {
  it('CES-41: has the root of RFC 6962 for 1 to 70 leaves', () => {
    for (let count = 1; count <= 70; count++) {
      const leaves = leavesOf(count)
      expect(treeOf(leaves).root()).toEqual(rootByRfc(leaves))
    }
  })
  it('CES-41: has one root whatever the order of leaves given', () => {
    const leaves = leavesOf(37)
    const tree = createMerkleTree(37)
    for (let i = 0; i < 37; i++) tree.set((i * 23) % 37, leaves[(i * 23) % 37] ?? new Uint8Array())
    expect(tree.root()).toEqual(treeOf(leaves).root())
  })
  it('CES-42: every path leads to the root, from its own place only', () => {
    for (const count of [1, 2, 3, 5, 8, 13, 64, 65]) {
      const leaves = leavesOf(count)
      const tree = treeOf(leaves)
      for (const [i, leaf] of leaves.entries()) {
        expect(rootOf(count, i, leaf, tree.path(i))).toEqual(tree.root())
        for (let other = 0; other < count; other++) {
          if (other !== i) expect(rootOf(count, other, leaf, tree.path(i))).not.toEqual(tree.root())
        }
      }
    }
  })
  it('CES-42: a path that is changed, cut or longer leads elsewhere', () => {
    const leaves = leavesOf(21)
    const tree = treeOf(leaves)
    fc.assert(
      fc.property(fc.nat(20), fc.nat(), fc.integer({ min: 1, max: 255 }), (i, at, flip) => {
        const leaf = leaves[i] ?? new Uint8Array()
        const path = tree.path(i)
        const changed = path.slice()
        changed[at % path.length] = (changed[at % path.length] ?? 0) ^ flip
        expect(rootOf(21, i, leaf, changed)).not.toEqual(tree.root())
        expect(rootOf(21, i, leaf, path.slice(0, at % path.length))).toBeUndefined()
        expect(rootOf(21, i, leaf, concat(path, new Uint8Array(32)))).toBeUndefined()
      }),
    )
  })
  it('CES-40: an inner node does not pass for a leaf', () => {
    const leaves = leavesOf(4)
    const tree = treeOf(leaves)
    const inner = sha256(new Uint8Array([1]), leaves[0] ?? new Uint8Array(), leaves[1] ?? new Uint8Array())
    expect(rootOf(4, 0, inner, tree.path(0).slice(32))).toBeUndefined()
  })
  it('CES-40: a leaf is bound to its place and its bytes', async () => {
    const piece = noise(64)
    const digest = sha256(piece)
    const expected = sha256(new Uint8Array([0, 0, 0, 1, 2, 3]), digest)
    expect(await leafHash(0x0102, 3, piece)).toEqual(expected)
    expect(await leafHash(0x0102, 4, piece)).not.toEqual(expected)
    expect(await leafHash(0x0103, 3, piece)).not.toEqual(expected)
  })
  it('CES-41: leaves stand segment by segment', () => {
    expect(leafIndex({ k: 2, n: 5 }, 3, 4)).toBe(19)
  })
  it('refuses a leaf twice, a wrong length, a wrong place, and a root before it is whole', () => {
    const refused: unknown = expect.objectContaining({ name: 'InvalidSegmentError' })
    const tree = createMerkleTree(3)
    tree.set(0, noise(32))
    expect(() => tree.set(0, noise(32))).toThrow(refused)
    expect(() => tree.set(1, noise(31))).toThrow(refused)
    expect(() => tree.set(3, noise(32))).toThrow(refused)
    expect(() => tree.root()).toThrow(refused)
    expect(() => tree.path(0)).toThrow(refused)
    expect(() => createMerkleTree(0)).toThrow(refused)
  })
})
