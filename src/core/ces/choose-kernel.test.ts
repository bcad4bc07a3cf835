import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseKernel } from './choose-kernel.ts'
import { rowsAt } from './matrix.ts'
import { rowLoopKernel } from './testing/row-loop-kernel.ts'
import { noise, sameBytes } from './testing/sample-bytes.ts'
import type { WasmEngine } from './wasm-kernel.ts'

/** Node's own; its types are not those of the browser. */
const wasm = (globalThis as unknown as { WebAssembly: WasmEngine }).WebAssembly

const rangeOf = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('the choice of a kernel', () => {
  it('CES-75: takes WebAssembly with SIMD where relaxed SIMD does not validate', () => {
    let asked = 0
    const validate = (bytes: Parameters<WasmEngine['validate']>[0]): boolean =>
      ++asked > 1 && wasm.validate(bytes)
    expect(chooseKernel({ ...engine(), validate }).name).toBe('simd')
    expect(asked).toBe(2)
  })
  it('CES-75: takes the twin where there is no WebAssembly or no SIMD', () => {
    expect(chooseKernel({ ...engine(), validate: () => false }).name).toBe('packed-tables')
    const { WebAssembly } = globalThis as unknown as { WebAssembly: unknown }
    Object.assign(globalThis, { WebAssembly: undefined })
    try {
      expect(chooseKernel().name).toBe('packed-tables')
    } finally {
      Object.assign(globalThis, { WebAssembly })
    }
  })
  it('CES-75: takes the twin where a policy forbids WebAssembly', () => {
    class Module {
      readonly refused = refuse()
    }
    expect(chooseKernel({ ...engine(), validate: () => true, Module }).name).toBe('packed-tables')
  })
  it.each([0, 1, 2, 5, 100])('CES-75: takes the twin where call %i of the kernel gives one wrong bit', (wrongCall) => {
    let calls = 0
    class Instance {
      readonly exports: unknown
      constructor(module: object) {
        const { memory, transform } = new wasm.Instance(module).exports as {
          memory: { buffer: ArrayBuffer; grow(pages: number): number }
          transform(...args: number[]): void
        }
        this.exports = {
          memory,
          transform(...args: number[]) {
            transform(...args)
            if (calls++ !== wrongCall) return
            const [first] = new Uint32Array(memory.buffer, args[2], 1)
            const bytes = new Uint8Array(memory.buffer)
            bytes[first ?? 0] = (bytes[first ?? 0] ?? 0) ^ 16
          },
        }
      }
    }
    const relaxedIsMissing = { ...engine(), Instance, validate: wasm.validate.bind(wasm) }
    expect(chooseKernel(relaxedIsMissing).name).toBe(wrongCall < 6 ? 'packed-tables' : 'simd')
  }) // prettier-ignore
})

function refuse(): never {
  throw new EvalError('refused by policy')
}

/** The parts of the engine that a test replaces one of. */
function engine(): WasmEngine {
  return { validate: (bytes) => wasm.validate(bytes), Module: wasm.Module, Instance: wasm.Instance }
}

describe('the WebAssembly kernel', () => {
  const kernel = chooseKernel()

  it('is the one under test', () => {
    expect(kernel.name).toBe('simd')
  })
  it('CES-51, CES-52: equals the plain definition for any shape, any length, in its memory and outside', () => {
    const cases = fc.record({
      k: fc.integer({ min: 1, max: 40 }),
      m: fc.integer({ min: 1, max: 13 }),
      length: fc.constantFrom(64, 128, 4_032, 4_096, 4_160, 16_320, 16_384, 16_448),
      insideMask: fc.nat(0xff_ffff),
      seed: fc.integer({ min: 1 }),
    })
    fc.assert(
      fc.property(cases, ({ k, m, length, insideMask, seed }) => {
        const matrix = rowsAt(rangeOf(0, k), rangeOf(k, k + m))
        const scratch = kernel.scratch((k + m) * length)
        const shards = rangeOf(0, k + m).map((i) => {
          const isInside = ((insideMask >> (i % 24)) & 1) === 1
          const shard = isInside
            ? scratch.subarray(i * length, (i + 1) * length)
            : new Uint8Array(length + 3).subarray(3)
          shard.set(noise(length, seed + i))
          return shard
        })
        const [inputs, outputs] = [shards.slice(0, k), shards.slice(k)]
        const expected = outputs.map(() => new Uint8Array(length))
        rowLoopKernel.transform(matrix, inputs, expected)
        kernel.transform(matrix, inputs, outputs)
        expected.forEach((row, r) => expect(sameBytes(row, outputs[r])).toBe(true))
        inputs.forEach((input, c) => expect(sameBytes(noise(length, seed + c), input)).toBe(true))
      }),
      { numRuns: 60 },
    )
  })
  it.each([[127, 128], [254, 1], [1, 254], [20, 9]])('CES-51: codes %i + %i, at the bounds of its memory', (k, m) => {
    const matrix = rowsAt(rangeOf(0, k), rangeOf(k, k + m))
    const inputs = rangeOf(0, k).map((i) => noise(64, i + 1))
    const [outputs, expected] = [0, 1].map(() => rangeOf(0, m).map(() => new Uint8Array(64)))
    kernel.transform(matrix, inputs, outputs ?? [])
    rowLoopKernel.transform(matrix, inputs, expected ?? [])
    expect(outputs).toEqual(expected)
  }) // prettier-ignore
  it('gives scratch that grows and keeps tables apart from it', () => {
    const small = kernel.scratch(64)
    small.fill(255, 0, 64)
    const large = kernel.scratch(9_000_000)
    large.fill(255)
    const matrix = rowsAt([0, 1], [2])
    const inputs = [large.subarray(0, 64), large.subarray(64, 128)]
    const [output, expected] = [large.subarray(8_999_872, 8_999_936), new Uint8Array(64)]
    kernel.transform(matrix, inputs, [output])
    rowLoopKernel.transform(matrix, inputs, [expected])
    expect(output).toEqual(expected)
    expect(large.subarray(8_999_936, 8_999_940)).toEqual(Uint8Array.of(255, 255, 255, 255))
  })
})
