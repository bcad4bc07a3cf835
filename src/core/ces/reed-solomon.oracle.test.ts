import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ReedSolomonErasure } from '@subspace/reed-solomon-erasure.wasm'
import { describe, expect, it } from 'vitest'
import { chooseKernel } from './choose-kernel.ts'
import { createReedSolomon } from './reed-solomon.ts'
import { createPackedKernel } from './rs-kernel.ts'
import { noise, sameBytes } from './testing/sample-bytes.ts'

/**
 * An implementation that shares nothing with ours: the Rust crate reed-solomon-erasure, of the Backblaze family, built to
 * WebAssembly by others. It works on all shards in one array.
 */
const wasmPath = createRequire(import.meta.url).resolve(
  '@subspace/reed-solomon-erasure.wasm/dist/reed_solomon_erasure_bg.wasm',
)
const wasm = readFileSync(wasmPath)

/** A fresh instance for each call: 0.2.5 frees what it was given twice, so the next call meets a broken heap. */
const newOracle = (): ReedSolomonErasure => ReedSolomonErasure.fromBytes(wasm)

const shardBytes = 4_160

const shapes = [
  [1, 1],
  [4, 2],
  [5, 5],
  [10, 4],
  [20, 10],
] as const

/** The shards of one array, in order, in place. */
function shardsIn(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.byteLength / shardBytes }, (_, i) =>
    bytes.subarray(i * shardBytes, (i + 1) * shardBytes),
  )
}

/** Between none and m different shards of n, another choice for each seed. */
function losses(n: number, m: number, seed: number): number[] {
  const order = noise(n, seed)
  return [...order.keys()].sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0)).slice(0, seed % (m + 1))
}

describe.each([
  ['WebAssembly', chooseKernel()],
  ['the plain twin', createPackedKernel()],
])('beside an independent implementation, %s', (_, kernel) => {
  const codec = createReedSolomon(kernel)

  it.each(shapes)('CES-51: gives the same parity for %i + %i', (k, m) => {
    const ours = noise((k + m) * shardBytes, k)
    const theirs = ours.slice()
    const shards = shardsIn(ours)
    codec.encode({ k, n: k + m }, shards.slice(0, k), shards.slice(k))
    expect(newOracle().encode(theirs, k, m)).toBe(ReedSolomonErasure.RESULT_OK)
    expect(sameBytes(ours, theirs)).toBe(true)
  })
  it.each(shapes)('CES-52: shards of ours are rebuilt by it after random losses of %i + %i', (k, m) => {
    const whole = noise((k + m) * shardBytes, k + 1)
    const shards = shardsIn(whole)
    codec.encode({ k, n: k + m }, shards.slice(0, k), shards.slice(k))
    for (let seed = 1; seed <= 12; seed++) {
      const lost = losses(k + m, m, seed)
      const damaged = whole.slice()
      for (const shard of lost) shardsIn(damaged)[shard]?.fill(0)
      const isThere = shards.map((_shard, i) => !lost.includes(i))
      expect(newOracle().reconstruct(damaged, k, m, isThere)).toBe(ReedSolomonErasure.RESULT_OK)
      expect(sameBytes(whole.subarray(0, k * shardBytes), damaged.subarray(0, k * shardBytes))).toBe(true)
    }
  })
  it.each(shapes)('CES-52: shards of it are rebuilt by ours after random losses of %i + %i', (k, m) => {
    const whole = noise((k + m) * shardBytes, k + 2)
    expect(newOracle().encode(whole, k, m)).toBe(ReedSolomonErasure.RESULT_OK)
    for (let seed = 1; seed <= 12; seed++) {
      const lost = losses(k + m, m, seed)
      const kept = new Map([...shardsIn(whole).entries()].filter(([shard]) => !lost.includes(shard)))
      const data = Array.from({ length: k }, () => new Uint8Array(shardBytes))
      codec.decode({ k, n: k + m }, kept, data)
      data.forEach((shard, i) => expect(sameBytes(shard, shardsIn(whole)[i])).toBe(true))
    }
  })
})
