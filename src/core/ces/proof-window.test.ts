import { describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import { createMerkleTree, type MerkleTree } from './merkle.ts'
import { ProofWindow } from './proof-window.ts'
import { noise } from './testing/sample-bytes.ts'

function treeOf(count: number): { tree: MerkleTree; leaves: readonly Uint8Array[] } {
  const leaves = Array.from({ length: count }, (_, i) => noise(32, i + 1))
  const tree = createMerkleTree(count)
  leaves.forEach((leaf, i) => tree.set(i, leaf))
  return { tree, leaves }
}

describe('a window of proofs', () => {
  it('CES-44: three neighbours and one path in each prove every piece of the middle one, for any shape and length', () => {
    let proven = 0
    for (let n = 1; n <= 13; n++) {
      for (const segments of [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33]) {
        const { tree, leaves } = treeOf(n * segments)
        const window = new ProofWindow(n * segments)
        const add = (segment: number): void => {
          for (let shard = 0; shard < n; shard++) {
            window.addLeaf(segment * n + shard, leaves[segment * n + shard] ?? noise(32))
          }
          const known = segment * n + ((segment * 7) % n)
          window.addPath(known, tree.path(known))
        }
        add(0)
        for (let segment = 0; segment < segments; segment++) {
          if (segment + 1 < segments) add(segment + 1)
          window.forgetBefore((segment - 1) * n)
          for (let shard = 0; shard < n; shard++) {
            const path = window.path(segment * n + shard) ?? noise(1)
            if (!equalBytes(path, tree.path(segment * n + shard))) {
              expect.fail(`another path for piece ${segment}/${shard} of ${segments} × ${n}`)
            }
          }
        }
        proven += segments * n
      }
    }
    expect(proven).toBe(91 * 105)
  })

  it('CES-44: without the neighbours a path may be unknown, and is then not given', () => {
    const { tree, leaves } = treeOf(12)
    const window = new ProofWindow(12)
    for (let i = 6; i < 12; i++) window.addLeaf(i, leaves[i] ?? noise(32))
    window.addPath(11, tree.path(11))
    expect(window.path(6)).toBeUndefined()
    expect(window.path(11)).toEqual(tree.path(11))
  })
})
