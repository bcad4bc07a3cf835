import { invert, multiply } from '../gf256.ts'
import type { Matrix } from '../matrix.ts'

/**
 * The n × k matrix of code id 1 as CES-51 defines it: Vandermonde `V[r][c] = r^c` times the inverse of its top square. Its
 * first k rows are the identity. Slow: the judge of `rowsAt`.
 */
export function systematicMatrix(k: number, n: number): Matrix {
  const vandermonde = Array.from({ length: n }, (_, row) =>
    Uint8Array.from({ length: k }, (_unused, column) => raise(row, column)),
  )
  return product(vandermonde, inverse(vandermonde.slice(0, k)))
}

/** Inverse of a square matrix by Gauss-Jordan elimination. */
export function inverse(square: Matrix): Matrix {
  const size = square.length
  const rows = square.map((row, i) => {
    const wide = new Uint8Array(2 * size)
    wide.set(row)
    wide[size + i] = 1
    return wide
  })
  for (let column = 0; column < size; column++) {
    const pivot = takePivot(rows, column)
    scaleRow(pivot, invert(pivot[column] ?? 0))
    for (const row of rows) {
      if (row !== pivot) addScaled(row, pivot, row[column] ?? 0)
    }
  }
  return rows.map((row) => row.slice(size))
}

function product(left: Matrix, right: Matrix): Matrix {
  return left.map((row) => {
    const out = new Uint8Array(right[0]?.length ?? 0)
    row.forEach((factor, i) => addScaled(out, right[i] ?? out, factor))
    return out
  })
}

/** Moves a row with a non-zero cell in `column` to the diagonal and returns it. */
function takePivot(rows: Uint8Array[], column: number): Uint8Array {
  const at = rows.findIndex((row, i) => i >= column && row[column] !== 0)
  const pivot = rows[at]
  const displaced = rows[column]
  if (pivot === undefined || displaced === undefined) {
    throw new Error('this matrix has no inverse')
  }
  rows[at] = displaced
  rows[column] = pivot
  return pivot
}

function scaleRow(row: Uint8Array, factor: number): void {
  row.forEach((cell, i) => (row[i] = multiply(cell, factor)))
}

function addScaled(target: Uint8Array, source: Uint8Array, factor: number): void {
  if (factor === 0) return
  source.forEach((cell, i) => (target[i] = (target[i] ?? 0) ^ multiply(cell, factor)))
}

/** `base` to the `exponent`, with 0^0 = 1. */
function raise(base: number, exponent: number): number {
  let power = 1
  for (let i = 0; i < exponent; i++) power = multiply(power, base)
  return power
}
