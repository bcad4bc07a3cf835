import { equalBytes } from '../base/bytes.ts'
import type { Matrix } from './matrix.ts'
import type { RsKernel } from './rs-kernel.ts'

/** With 9 rows all 256 constants occur; 6 and 7 rows end in groups of two and three. */
const checkedRows = [9, 7, 6]
const columns = 29

/** Every byte value in every column, and one 64 more: two turns of the widest loop and a bit. */
const length = 320

/**
 * Whether a kernel gives what the twin gives: every constant by every byte value, every width of row group, inputs and outputs
 * in the kernel's memory and outside. Takes about a millisecond; done once in each worker.
 */
export function isEqualToTwin(kernel: RsKernel, twin: RsKernel): boolean {
  return checkedRows.every((rows) => {
    const matrix = everyConstant(rows)
    const inputs = Array.from({ length: columns }, (_, column) => everyByte(column))
    const expected = outputsOf(rows)
    twin.transform(matrix, inputs, expected)

    const outside = outputsOf(rows)
    kernel.transform(matrix, inputs, outside)
    const inside = insideOf(kernel, rows)
    inputs.forEach((input, column) => inside.inputs[column]?.set(input))
    kernel.transform(matrix, inside.inputs, inside.outputs)
    return expected.every(
      (row, r) =>
        equalBytes(row, outside[r] ?? new Uint8Array()) &&
        equalBytes(row, inside.outputs[r] ?? new Uint8Array()),
    )
  })
}

function everyConstant(rows: number): Matrix {
  return Array.from({ length: rows }, (_, row) =>
    Uint8Array.from({ length: columns }, (_unused, column) => row * columns + column),
  )
}

function everyByte(offset: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + offset * 31)
}

function outputsOf(rows: number): Uint8Array[] {
  return Array.from({ length: rows }, () => new Uint8Array(length))
}

function insideOf(kernel: RsKernel, rows: number): { inputs: Uint8Array[]; outputs: Uint8Array[] } {
  const scratch = kernel.scratch((columns + rows) * length)
  const views = Array.from({ length: columns + rows }, (_, i) =>
    scratch.subarray(i * length, (i + 1) * length),
  )
  return { inputs: views.slice(0, columns), outputs: views.slice(columns) }
}
