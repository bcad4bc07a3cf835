import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expose } from 'comlink'
import type { Bytes } from '../../src/core/base/bytes.ts'
import { chooseKernel } from '../../src/core/ces/choose-kernel.ts'
import { createInlineEngine, type Stage } from '../../src/core/ces/index.ts'
import { rowsAt } from '../../src/core/ces/matrix.ts'
import { shardViews } from '../../src/core/ces/reed-solomon.ts'
import { createPackedKernel, type RsKernel } from '../../src/core/ces/rs-kernel.ts'
import { naiveSeal } from './naive.ts'
import { interleave, median, repeated, type Contender, type Rounds } from './rounds.ts'
import { code, inLanes, newContext, plainBytes, randomBytes, sealedBytes, shardBytes } from './sample.ts'

const parityRows = rowsAt([...Array(code.k).keys()], [10, 11, 12, 13])
const plaintext = randomBytes(plainBytes)
const nonce = randomBytes(24)
const context = newContext(2)
const { key } = context

/** A pool gives a worker two segments at once. */
const inFlight = 2

/** The engine as a worker runs it, over two segments. */
function sealing(): Contender {
  const engine = createInlineEngine()
  const seal = async (segment: number): Promise<void> => {
    const { pieces } = await engine.seal(context, segment, segment === 1, plaintext)
    engine.recycle(pieces)
  }
  return { run: () => inLanes(inFlight, inFlight, seal) }
}

/** Encoding of 10 full shards in the kernel's own memory. */
function encoding(kernel: RsKernel): Contender {
  const shards = shardViews(kernel.scratch(code.n * shardBytes).subarray(0, code.n * shardBytes), shardBytes)
  const [data, parity] = [shards.slice(0, code.k), shards.slice(code.k)]
  data.forEach((shard, i) => shard.set(plaintext.subarray(i * shardBytes, (i + 1) * shardBytes)))
  return repeated(4, () => kernel.transform(parityRows, data, parity))
}

/** The instruction `memory.copy` over as many bytes as encoding reads, in a memory of its own. */
function copying(wasm: Bytes): Contender {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm))
  const { memory, copy } = exports as {
    readonly memory: WebAssembly.Memory
    copy(to: number, from: number, length: number): void
  } // what the source in run.ts exports
  memory.grow((2 * sealedBytes) / 65_536)
  new Uint8Array(memory.buffer).set(plaintext, sealedBytes)
  return repeated(4, () => copy(0, sealedBytes, sealedBytes))
}

const api = {
  kernel: (): string => chooseKernel().name,

  async reedSolomon(rounds: number, copyWasm: Bytes): Promise<Rounds> {
    return await interleave(rounds, {
      kernel: encoding(chooseKernel()),
      twin: encoding(createPackedKernel()),
      copy: copying(copyWasm),
    })
  },

  /** `cipher` makes its output as callers of the library have it made; `reused` writes to an array that is there. */
  async seal(rounds: number): Promise<Rounds> {
    const output = new Uint8Array(sealedBytes)
    return await interleave(rounds, {
      cipher: repeated(inFlight, () => xchacha20poly1305(key, nonce).encrypt(plaintext)),
      seal: sealing(),
      reused: repeated(inFlight, () => xchacha20poly1305(key, nonce).encrypt(plaintext, output)),
    })
  },

  async sealNaively(rounds: number): Promise<Rounds> {
    return await interleave(rounds, {
      seal: sealing(),
      naive: repeated(inFlight, () => naiveSeal(parityRows, key, nonce, shardBytes, plaintext)),
    })
  },

  /** From the data pieces, none lost. */
  async open(rounds: number): Promise<Rounds> {
    const engine = createInlineEngine()
    const ciphertext = xchacha20poly1305(key, nonce).encrypt(plaintext)
    const sealed = await Promise.all([0, 1].map((i) => engine.seal(context, i, i === 1, plaintext)))
    const open = async (segment: number): Promise<void> => {
      const row = sealed[segment]
      if (row === undefined) throw new Error('no such segment')
      const pieces = new Map(row.pieces.slice(0, code.k).entries())
      await engine.open(context, segment, segment === 1, { ...row, plainBytes }, pieces)
    }
    const output = new Uint8Array(plainBytes)
    return await interleave(rounds, {
      cipher: repeated(inFlight, () => xchacha20poly1305(key, nonce).decrypt(ciphertext)),
      open: { run: () => inLanes(inFlight, inFlight, open) },
      reused: repeated(inFlight, () => xchacha20poly1305(key, nonce).decrypt(ciphertext, output)),
    })
  },

  /** Median milliseconds of each stage of one segment, alone in this worker. */
  async stages(rounds: number): Promise<ReadonlyMap<Stage, number>> {
    const engine = createInlineEngine()
    const all = new Map<Stage, number[]>()
    for (let round = 0; round < rounds; round++) {
      const { pieces } = await engine.seal(context, 0, false, plaintext, {
        onReport: ({ stageMs }) => {
          for (const [stage, ms] of stageMs) all.set(stage, [...(all.get(stage) ?? []), ms])
        },
      })
      engine.recycle(pieces)
    }
    return new Map([...all].map(([stage, ms]) => [stage, median(ms)]))
  },
}

export type BenchWorkerApi = typeof api

expose(api)
