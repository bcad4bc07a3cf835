import type { Bytes } from '../base/bytes.ts'
import { multiply } from './gf256.ts'
import type { Matrix } from './matrix.ts'
import { createScratch } from './scratch.ts'

/** Which code does the products: WebAssembly with or without relaxed SIMD, or the plain twin. */
export type KernelName = 'relaxed-simd' | 'simd' | 'packed-tables'

/** The inner loop of Reed-Solomon, the one part worth replacing by faster code. */
export interface RsKernel {
  readonly name: KernelName
  /**
   * Working memory of at least `length` bytes, 64-byte aligned, reused by every call: what was written before is still there, and a
   * greater request may make earlier views useless. Inputs and outputs that lie in it are not copied.
   */
  scratch(length: number): Bytes
  /**
   * `outputs[r] = Σ matrix[r][c] · inputs[c]` byte by byte in GF(2^8).
   *
   * @param matrix one row per output, one column per input; never changed once given
   * @param inputs of one length, a multiple of 64
   * @param outputs of the same length, overwritten; none overlaps an input
   */
  transform(matrix: Matrix, inputs: readonly Uint8Array[], outputs: readonly Uint8Array[]): void
}

/** Bytes worked on at once: the sums (16 KiB) and four inputs stay in a 32 KiB first-level cache. */
const blockBytes = 4_096

/** Rows whose products fit one 32-bit word. */
const lanes = 4

/** For four rows and one input: the four products of each byte value, first row in the low byte. */
type PackedTable = Uint32Array

/**
 * The plain twin: a kernel in JavaScript, for engines without WebAssembly SIMD and as the judge of those with it. One look-up gives
 * the products for four outputs, two to three times the speed of a loop over product tables; that loop is its own oracle in
 * the tests. Works on any byte order.
 */
export function createPackedKernel(): RsKernel {
  const tablesOf = new WeakMap<Matrix, readonly (readonly PackedTable[])[]>()
  const sums = new Uint32Array(blockBytes)
  return {
    name: 'packed-tables',
    scratch: createScratch(),
    transform(matrix, inputs, outputs) {
      const tables = tablesOf.get(matrix) ?? packTables(matrix)
      tablesOf.set(matrix, tables)
      const length = inputs[0]?.byteLength ?? 0
      for (let start = 0; start < length; start += blockBytes) {
        const count = Math.min(blockBytes, length - start)
        tables.forEach((group, g) => {
          sums.fill(0)
          addProducts(sums, group, inputs, start, count)
          unpackSums(sums, outputs.slice(g * lanes, (g + 1) * lanes), start, count)
        })
      }
    },
  }
}

/** One list of tables per group of four rows, one table per column. */
function packTables(matrix: Matrix): PackedTable[][] {
  const groups: PackedTable[][] = []
  for (let first = 0; first < matrix.length; first += lanes) {
    const rows = matrix.slice(first, first + lanes)
    const columns = rows[0]?.length ?? 0
    groups.push(Array.from({ length: columns }, (_, column) => packTable(rows, column)))
  }
  return groups
}

function packTable(rows: Matrix, column: number): PackedTable {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let word = 0
    rows.forEach((row, lane) => (word |= multiply(row[column] ?? 0, byte) << (8 * lane)))
    return word
  })
}

function addProducts(
  sums: Uint32Array,
  tables: readonly PackedTable[],
  inputs: readonly Uint8Array[],
  start: number,
  count: number,
): void {
  let column = 0
  for (; column + 1 < tables.length; column += 2) {
    const [tableA, tableB] = [tables[column], tables[column + 1]]
    const [a, b] = [inputs[column], inputs[column + 1]]
    if (tableA === undefined || tableB === undefined || a === undefined || b === undefined) return
    for (let i = 0; i < count; i++) {
      sums[i] = (sums[i] ?? 0) ^ (tableA[a[start + i] ?? 0] ?? 0) ^ (tableB[b[start + i] ?? 0] ?? 0)
    }
  }
  const [table, input] = [tables[column], inputs[column]]
  if (table === undefined || input === undefined) return
  for (let i = 0; i < count; i++) sums[i] = (sums[i] ?? 0) ^ (table[input[start + i] ?? 0] ?? 0)
}

function unpackSums(sums: Uint32Array, outputs: readonly Uint8Array[], start: number, count: number): void {
  outputs.forEach((output, lane) => {
    const shift = 8 * lane
    for (let i = 0; i < count; i++) output[start + i] = (sums[i] ?? 0) >>> shift
  })
}
