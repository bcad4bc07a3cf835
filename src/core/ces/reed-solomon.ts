import type { Bytes } from '../base/bytes.ts'
import { NotEnoughPiecesError } from './errors.ts'
import type { CodeShape } from './index.ts'
import { LruMap } from './lru-map.ts'
import { rowsAt, type Matrix } from './matrix.ts'
import { checkShape } from './plan.ts'
import type { KernelName, RsKernel } from './rs-kernel.ts'

/** Matrices kept: a fetch alternates between few sets of holders; each of a 20 of 30 code costs 8 KiB with its tables, the largest 520 KiB. */
const maxKeptMatrices = 16

/** Erasure coding of one segment's shards (CES-50 to CES-53). */
export interface ReedSolomon {
  readonly kernel: KernelName
  /** Working memory of the kernel ({@link RsKernel.scratch}): shards in it are coded in place. */
  scratch(length: number): Bytes
  /**
   * Writes the n − k parity shards of k data shards of one length.
   *
   * @param parity n − k arrays of that length; none overlaps a data shard
   */
  encode(shape: CodeShape, data: readonly Uint8Array[], parity: readonly Uint8Array[]): void
  /**
   * Writes the k data shards, in order, to `data` from any k shards of one length: copies what is given, rebuilds the rest.
   *
   * @param data k arrays of that length; none overlaps a shard
   * @throws NotEnoughPiecesError
   */
  decode(shape: CodeShape, shards: ReadonlyMap<number, Uint8Array>, data: readonly Uint8Array[]): void
}

/** Reed-Solomon over a kernel, remembering matrices by shape and by set of shards. */
export function createReedSolomon(kernel: RsKernel): ReedSolomon {
  const kept = new LruMap<string, Matrix>(maxKeptMatrices)

  /** One lasting object for each set of shards, for kernels keep tables per matrix object. */
  const rows = (from: readonly number[], to: readonly number[]): Matrix =>
    kept.getOrMake(`${from.join()}>${to.join()}`, () => rowsAt(from, to))

  return {
    kernel: kernel.name,
    scratch: (length) => kernel.scratch(length),
    encode(shape, data, parity) {
      checkShape(shape)
      const { k, n } = shape
      // With one data shard every row of the matrix is 1: parity is a copy.
      if (k === 1) parity.forEach((shard) => shard.set(data[0] ?? shard))
      else if (n > k) kernel.transform(rows(rangeOf(0, k), rangeOf(k, n)), data, parity)
    },
    decode(shape, shards, data) {
      checkShape(shape)
      const have = [...shards.keys()].sort((a, b) => a - b).slice(0, shape.k)
      if (have.length < shape.k) {
        throw new NotEnoughPiecesError(`expected ${String(shape.k)} pieces, got ${String(have.length)}`)
      }
      // With one data shard every shard is a copy of it.
      have.forEach((shard) => data[shape.k === 1 ? 0 : shard]?.set(shards.get(shard) ?? new Uint8Array()))
      const missing = rangeOf(0, shape.k).filter((shard) => !shards.has(shard))
      if (shape.k === 1 || missing.length === 0) return
      const inputs = have.map((shard) => data[shard] ?? shards.get(shard) ?? new Uint8Array())
      const outputs = missing.map((shard) => data[shard] ?? new Uint8Array())
      kernel.transform(rows(have, missing), inputs, outputs)
    },
  }
}

/** The shards that lie one behind the other in `bytes`, in place. */
export function shardViews<T extends ArrayBufferLike>(
  bytes: Uint8Array<T>,
  shardBytes: number,
): Uint8Array<T>[] {
  return rangeOf(0, bytes.byteLength / shardBytes).map((i) =>
    bytes.subarray(i * shardBytes, (i + 1) * shardBytes),
  )
}

function rangeOf(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
