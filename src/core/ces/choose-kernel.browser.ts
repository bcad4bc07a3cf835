import { describe, expect, it } from 'vitest'
import { chooseKernel } from './choose-kernel.ts'
import { rowsAt } from './matrix.ts'
import { createReedSolomon } from './reed-solomon.ts'
import { rowLoopKernel } from './testing/row-loop-kernel.ts'
import { noise, sameBytes } from './testing/sample-bytes.ts'

describe('the kernel of this browser', () => {
  const kernel = chooseKernel()

  it('CES-75: is the relaxed one in Chromium', () => {
    expect(kernel.name).toBe('relaxed-simd')
  })
  it.each([
    [1, 1],
    [4, 2],
    [5, 5],
    [10, 4],
    [20, 10],
    [29, 80],
    [127, 128],
  ])('CES-51: gives the parity of the plain definition for %i + %i', (k, m) => {
    const inputs = Array.from({ length: k }, (_, i) => noise(4_160, i + 1))
    const [outputs, expected] = [noRows(m), noRows(m)]
    const nodes = inputs.map((_, i) => i)
    const matrix = rowsAt(
      nodes,
      outputs.map((_, i) => k + i),
    )
    kernel.transform(matrix, inputs, outputs)
    rowLoopKernel.transform(matrix, inputs, expected)
    expected.forEach((row, r) => expect(sameBytes(row, outputs[r])).toBe(true))
  })
  it('CES-52: rebuilds any four lost of ten and four', () => {
    const codec = createReedSolomon(kernel)
    const shape = { k: 10, n: 14 }
    const data = Array.from({ length: 10 }, (_, i) => noise(20_480, i + 1))
    const parity = Array.from({ length: 4 }, () => new Uint8Array(20_480))
    codec.encode(shape, data, parity)
    const all = [...data, ...parity]
    for (let lost = 0; lost < 10; lost++) {
      const kept = all.map((_, i) => i).filter((i) => (i - lost + 14) % 14 >= 4)
      const rebuilt = data.map(() => new Uint8Array(20_480))
      codec.decode(shape, new Map(kept.map((i) => [i, all[i] ?? new Uint8Array()])), rebuilt)
      rebuilt.forEach((shard, i) => expect(sameBytes(shard, data[i])).toBe(true))
    }
  })
})

function noRows(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(4_160))
}
