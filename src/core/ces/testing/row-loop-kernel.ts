import { multiply } from '../gf256.ts'
import type { RsKernel } from '../rs-kernel.ts'

/** The definition of a kernel as three loops: slow, and plain enough to be believed. Every faster kernel must equal it. */
export const rowLoopKernel: RsKernel = {
  name: 'packed-tables',
  scratch: (length) => new Uint8Array(length),
  transform(matrix, inputs, outputs) {
    outputs.forEach((output, row) => {
      output.fill(0)
      inputs.forEach((input, column) => {
        const factor = matrix[row]?.[column] ?? 0
        input.forEach((byte, i) => (output[i] = (output[i] ?? 0) ^ multiply(factor, byte)))
      })
    })
  },
}
