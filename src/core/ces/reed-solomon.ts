import type { Bytes } from '../base/bytes.ts'
import { NotEnoughPiecesError } from './errors.ts'
import type { CodeShape } from './index.ts'
import { LruMap } from './lru-map.ts'
import { inverse, systematicMatrix, type Matrix } from './matrix.ts'
import { checkShape } from './plan.ts'
import type { RsKernel } from './rs-kernel.ts'

/** Matrices kept: a fetch alternates between few sets of holders; each set of a 20 of 30 code costs 120 KiB with its tables. */
const maxKeptMatrices = 32

/** Erasure coding of one segment's shards (CES-50 to CES-53). */
export interface ReedSolomon {
  /** The n − k parity shards of k data shards of one length, each over its own buffer. */
  encode(shape: CodeShape, data: readonly Uint8Array[]): Bytes[]
  /**
   * The k data shards from any k shards of one length, in order; those that are given are passed through, not copied.
   * Throws `NotEnoughPiecesError`.
   */
  decode(shape: CodeShape, shards: ReadonlyMap<number, Uint8Array>): readonly Uint8Array[]
}

/** Reed-Solomon over a kernel, remembering matrices by shape and by set of shards. */
export function createReedSolomon(kernel: RsKernel): ReedSolomon {
  const encoders = new LruMap<string, Matrix>(maxKeptMatrices)
  const decoders = new LruMap<string, Matrix>(maxKeptMatrices)

  const encoder = ({ k, n }: CodeShape): Matrix =>
    encoders.getOrMake(`${String(k)}/${String(n)}`, () => systematicMatrix(k, n))

  /** Rows that give the missing data shards from those in `have`. */
  const decoder = (shape: CodeShape, have: readonly number[], missing: readonly number[]): Matrix =>
    decoders.getOrMake(`${String(shape.k)}/${String(shape.n)}:${have.join()}`, () => {
      const inverted = inverse(pickRows(encoder(shape), have))
      return pickRows(inverted, missing)
    })

  return {
    encode(shape, data) {
      checkShape(shape)
      const first = data[0] ?? new Uint8Array()
      const parity = Array.from({ length: shape.n - shape.k }, () => new Uint8Array(first.byteLength))
      // With one data shard every row of the matrix is 1: parity is a copy.
      if (shape.k === 1) parity.forEach((shard) => shard.set(first))
      else if (parity.length > 0) kernel.transform(parityRows(encoders, shape, encoder), data, parity)
      return parity
    },
    decode(shape, shards) {
      checkShape(shape)
      const have = [...shards.keys()].sort((a, b) => a - b).slice(0, shape.k)
      if (have.length < shape.k) {
        throw new NotEnoughPiecesError(`expected ${String(shape.k)} pieces, got ${String(have.length)}`)
      }
      const inputs = have.map((shard) => shards.get(shard) ?? new Uint8Array())
      if (shape.k === 1) return inputs
      const missing = rangeOf(shape.k).filter((shard) => !shards.has(shard))
      const rebuilt = missing.map(() => new Uint8Array(inputs[0]?.byteLength ?? 0))
      if (missing.length > 0) kernel.transform(decoder(shape, have, missing), inputs, rebuilt)
      return rangeOf(shape.k).map(
        (shard) => shards.get(shard) ?? rebuilt[missing.indexOf(shard)] ?? new Uint8Array(),
      )
    },
  }
}

/** The rows below the identity, as one lasting object: kernels keep tables per matrix object. */
function parityRows(
  kept: LruMap<string, Matrix>,
  shape: CodeShape,
  encoder: (shape: CodeShape) => Matrix,
): Matrix {
  return kept.getOrMake(`parity ${String(shape.k)}/${String(shape.n)}`, () => encoder(shape).slice(shape.k))
}

function pickRows(matrix: Matrix, indices: readonly number[]): Matrix {
  return indices.map((index) => matrix[index] ?? new Uint8Array())
}

function rangeOf(length: number): number[] {
  return Array.from({ length }, (_, i) => i)
}
