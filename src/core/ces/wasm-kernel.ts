import type { Bytes } from '../base/bytes.ts'
import { maxShards } from './constants.ts'
import { multiply } from './gf256.ts'
import type { Matrix } from './matrix.ts'
import type { KernelName, RsKernel } from './rs-kernel.ts'

/** Rows that the kernel works on at once; tables are laid out in such groups. */
const lanes = 4

/** Bytes of the two tables of one constant: products of each low nibble, of each high nibble. */
const tableBytes = 32

/** Most constants of a matrix: k inputs and up to n − k outputs, at most 127 × 128. */
const maxConstants = Math.floor(maxShards / 2) * Math.ceil(maxShards / 2)

/** What is copied in and out at once when inputs or outputs lie elsewhere: 10 + 4 of these stay in a second-level cache. */
const stageBytes = 16_384

const pageBytes = 65_536

/** Memory from its start: addresses of inputs, of outputs, tables, a stage for each shard, and the scratch, which alone grows. */
const inputsAt = 0
const outputsAt = inputsAt + 4 * (maxShards + 1)
const tablesAt = outputsAt + 4 * (maxShards + 1)
const stagesAt = tablesAt + maxConstants * tableBytes
const scratchAt = Math.ceil((stagesAt + maxShards * stageBytes) / pageBytes) * pageBytes

/** The part of WebAssembly that is used, for the type check of Node's floor knows none of it. */
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}
export interface WasmEngine {
  validate(bytes: Bytes): boolean
  readonly Module: new (bytes: Bytes) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** What `assembly/reed-solomon.ts` exports. */
interface KernelExports {
  readonly memory: WasmMemory
  transform(
    tables: number,
    inputs: number,
    outputs: number,
    columns: number,
    rows: number,
    length: number,
  ): void
}

/**
 * A kernel in WebAssembly. Untouched memory costs nothing; what it touches is the scratch it is asked for, half a page of
 * addresses, and tables.
 *
 * @throws what the engine throws for bytes that it refuses (`WebAssembly.CompileError`, also by a content security policy)
 */
export function createWasmKernel(wasm: WasmEngine, name: KernelName, bytes: Bytes): RsKernel {
  const instance = new wasm.Instance(new wasm.Module(bytes))
  const kernel = instance.exports as KernelExports // built from our own source
  const { memory } = kernel
  memory.grow(scratchAt / pageBytes)
  const tablesOf = new WeakMap<Matrix, Bytes>()
  let loaded: Matrix | undefined

  /** Tables of the matrix at their place, copied there only when another matrix was. */
  const load = (matrix: Matrix): void => {
    if (loaded === matrix) return
    const tables = tablesOf.get(matrix) ?? nibbleTables(matrix)
    tablesOf.set(matrix, tables)
    new Uint8Array(memory.buffer).set(tables, tablesAt)
    loaded = matrix
  }
  return {
    name,
    scratch(length) {
      const missing = scratchAt + length - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
      return new Uint8Array(memory.buffer, scratchAt)
    },
    transform(matrix, inputs, outputs) {
      load(matrix)
      const shards = [...inputs, ...outputs]
      const isInside = shards.every(({ buffer }) => buffer === memory.buffer)
      const length = inputs[0]?.byteLength ?? 0
      const step = isInside ? length : stageBytes
      for (let start = 0; start < length; start += step) {
        const count = Math.min(step, length - start)
        const addresses = placeShards(memory.buffer, shards, inputs.length, start, count)
        kernel.transform(tablesAt, inputsAt, outputsAt, inputs.length, outputs.length, count)
        takeOutputs(memory.buffer, outputs, addresses.subarray(inputs.length), start, count)
      }
    },
  }
}

/**
 * Writes where `count` bytes from `start` of each shard are: in place for those inside, at their stage for others, with
 * inputs copied there. Returns the addresses, inputs first.
 */
function placeShards(
  memory: ArrayBuffer,
  shards: readonly Uint8Array[],
  inputs: number,
  start: number,
  count: number,
): Uint32Array {
  const addresses = Uint32Array.from(shards, ({ buffer, byteOffset }, i) =>
    buffer === memory ? byteOffset + start : stagesAt + i * stageBytes,
  )
  const bytes = new Uint8Array(memory)
  shards.slice(0, inputs).forEach((input, i) => {
    if (input.buffer !== memory) bytes.set(input.subarray(start, start + count), addresses[i])
  })
  new Uint32Array(memory, inputsAt).set(addresses.subarray(0, inputs))
  new Uint32Array(memory, outputsAt).set(addresses.subarray(inputs))
  return addresses
}

function takeOutputs(
  memory: ArrayBuffer,
  outputs: readonly Uint8Array[],
  addresses: Uint32Array,
  start: number,
  count: number,
): void {
  outputs.forEach((output, i) => {
    if (output.buffer !== memory) output.set(new Uint8Array(memory, addresses[i], count), start)
  })
}

/** For each group of four rows, for each column, for each row of the group: both tables of the constant. */
function nibbleTables(matrix: Matrix): Bytes {
  const columns = matrix[0]?.length ?? 0
  const tables = new Uint8Array(matrix.length * columns * tableBytes)
  let at = 0
  for (let first = 0; first < matrix.length; first += lanes) {
    const rows = matrix.slice(first, first + lanes)
    for (let column = 0; column < columns; column++) {
      for (const row of rows) {
        for (let nibble = 0; nibble < 16; nibble++) {
          tables[at + nibble] = multiply(row[column] ?? 0, nibble)
          tables[at + 16 + nibble] = multiply(row[column] ?? 0, nibble << 4)
        }
        at += tableBytes
      }
    }
  }
  return tables
}
