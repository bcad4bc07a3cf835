import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { deflateSync } from 'fflate'
import { multiply } from '../../src/core/ces/gf256.ts'
import type { Matrix } from '../../src/core/ces/matrix.ts'

/** 64 KiB: the product of every pair, as most table-driven coders keep it. */
const products = Uint8Array.from({ length: 65_536 }, (_, pair) => multiply(pair >> 8, pair & 255))

/**
 * The libraries put together without thought: deflate at its default level 6 whatever the data, noble's cipher with fresh
 * output, one table loop per parity row and data shard, noble's SHA-256.
 */
export function naiveSeal(
  parityRows: Matrix,
  key: Uint8Array,
  nonce: Uint8Array,
  shardBytes: number,
  plaintext: Uint8Array,
): Uint8Array[] {
  const packed = deflateSync(plaintext, { level: 6 })
  const body = packed.byteLength < plaintext.byteLength ? packed : plaintext
  const sealed = xchacha20poly1305(key, nonce).encrypt(body)
  const data = (parityRows[0] ?? []).length
  const shards: Uint8Array[] = Array.from({ length: data }, (_, i) =>
    sealed.slice(i * shardBytes, (i + 1) * shardBytes),
  )
  for (const row of parityRows) shards.push(rowLoop(row, shards, shardBytes))
  return shards.map((shard) => sha256(shard))
}

function rowLoop(row: Uint8Array, shards: readonly Uint8Array[], shardBytes: number): Uint8Array {
  const parity = new Uint8Array(shardBytes)
  row.forEach((factor, column) => {
    const table = products.subarray(factor << 8, (factor + 1) << 8)
    const shard = shards[column] ?? parity
    for (let i = 0; i < shard.length; i++) parity[i] = (parity[i] ?? 0) ^ (table[shard[i] ?? 0] ?? 0)
  })
  return parity
}
