import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { RandomBytes } from '../base/clock.ts'
import { throwIfAborted } from '../base/wait.ts'
import { newFileSecrets, openingContext, sealingContext, keyCommitment } from './context.ts'
import type {
  CesEngine,
  CodeShape,
  KernelName,
  Manifest,
  SealedSegment,
  SegmentContext,
  SegmentReport,
  SegmentRow,
  Stage,
} from './index.ts'
import { decodeManifest, encodeManifest } from './manifest.ts'
import { createMerkleTree, leafIndex, type MerkleTree } from './merkle.ts'
import { sealMeta } from './meta.ts'
import { pieceBytes, planSegments, segmentPlainBytes } from './plan.ts'
import { at, failureOf, StepError, type SelfTestFailure, type TestStep } from './self-test-step.ts'
import { testBytes, type TestContent } from './test-bytes.ts'
import { verifyPiece } from './verify-piece.ts'

/** A stage of the engine, or what a reader does with each piece before it. */
export type TestedStage = Stage | 'verify'

/** What is tested. */
export interface SelfTestInit {
  readonly engine: CesEngine
  /** Plaintext bytes, 0 or more; memory does not grow with them. */
  readonly sizeBytes: number
  readonly code: CodeShape
  /** Shards that each segment loses, chosen anew for each. Over n − k no rebuilding is possible, which is the result then. */
  readonly lostShards: number
  readonly content: TestContent
  /** Draws keys, content and losses: the same ones for a seeded source. */
  readonly random: RandomBytes
  /** Milliseconds from any start. */
  readonly now: () => number
  /** Told after each segment of both passes, 0 to 1. */
  readonly onProgress?: (done: number) => void
  readonly signal?: AbortSignal
}

/** What a self-test found. */
export interface SelfTestResult {
  readonly code: CodeShape
  readonly segments: number
  /** Bytes of the longest piece. */
  readonly shardBytes: number
  /** Pieces lost in all. */
  readonly lostPieces: number
  /** Sealed bytes to plaintext bytes: what compression left; 0 for an empty file. */
  readonly packedRatio: number
  /** Bytes of all pieces to plaintext bytes: what all holders keep together; 0 for an empty file. */
  readonly storedRatio: number
  readonly kernel: KernelName | undefined
  /** Milliseconds of each stage over all segments, in the order of work. Lanes overlap, so they sum up to more than the time passed. */
  readonly stageMs: ReadonlyMap<TestedStage, number>
  /** Milliseconds that passed, all lanes together. */
  readonly sealMs: number
  readonly openMs: number
  /** Undefined when every byte came back. */
  readonly failure: SelfTestFailure | undefined
}

/**
 * Seals a made-up file as a share does, loses shards at random, and rebuilds, opens and compares it as a fetch does, on the
 * engine given (CES-80). Every segment is sealed twice, so that nothing is kept between the passes but hashes.
 *
 * @throws AbortError when `signal` fires, FileTooLargeError, InvalidSegmentError for no shape; whatever else goes wrong is the result
 */
export async function runSelfTest(init: SelfTestInit): Promise<SelfTestResult> {
  return await new SelfTest(init).run()
}

class SelfTest {
  readonly #init: SelfTestInit
  readonly #context: SegmentContext
  readonly #key: Bytes
  readonly #count: number
  readonly #tree: MerkleTree
  readonly #rows = new Map<number, SegmentRow>()
  readonly #seed: Bytes
  readonly #stageMs = new Map<TestedStage, number>()
  #kernel: KernelName | undefined
  #lostPieces = 0
  #passed = 0

  constructor(init: SelfTestInit) {
    this.#init = init
    const { code, sizeBytes, random } = init
    const plan = planSegments(sizeBytes, code)
    const { key, noncePrefix } = newFileSecrets(random)
    this.#key = key
    this.#context = sealingContext({ code, sizeBytes, segmentBytes: plan.segmentBytes, noncePrefix }, key)
    this.#count = plan.segments
    this.#tree = createMerkleTree(plan.segments * code.n)
    this.#seed = random(32)
  }

  async run(): Promise<SelfTestResult> {
    const { now } = this.#init
    const start = now()
    let failure = await this.#each('seal', (segment) => this.#sealFirst(segment))
    const middle = now()
    if (failure === undefined) {
      const manifest = this.#manifest()
      failure = await this.#each('rebuild', (segment) => this.#rebuild(manifest, segment))
    }
    return this.#result(failure, middle - start, now() - middle)
  }

  /** Seals for the leaves, which the root needs before any piece can be verified. */
  async #sealFirst(segment: number): Promise<void> {
    const { engine, code } = this.#init
    const { codec, sealedBytes, pieces, leaves } = await this.#seal(segment, this.#note)
    engine.recycle(pieces)
    this.#rows.set(segment, { codec, sealedBytes })
    leaves.forEach((leaf, shard) => this.#tree.set(leafIndex(code, segment, shard), leaf))
  }

  async #rebuild(manifest: Manifest, segment: number): Promise<void> {
    const { engine, code, signal } = this.#init
    const { pieces } = await this.#seal(segment)
    const kept = this.#withLosses(pieces)
    const start = this.#init.now()
    for (const [shard, bytes] of kept) {
      const path = this.#tree.path(leafIndex(code, segment, shard))
      await at('verify', verifyPiece(manifest, segment, shard, bytes, path))
    }
    this.#add('verify', this.#init.now() - start)
    const row = manifest.segments[segment]
    if (row === undefined) throw new StepError('verify', new Error('the manifest lacks the segment'))
    const expected = { ...row, plainBytes: this.#plainBytes(segment) }
    const isLast = segment === this.#count - 1
    const context = openingContext(manifest, this.#key)
    const options = { ...(signal === undefined ? {} : { signal }), onReport: this.#note }
    const opened = await at('rebuild', engine.open(context, segment, isLast, expected, kept, options))
    if (!equalBytes(opened, this.#plaintext(segment))) {
      throw new StepError('compare', new Error('other bytes came back'))
    }
  }

  async #seal(segment: number, onReport?: (report: SegmentReport) => void): Promise<SealedSegment> {
    const { engine, signal } = this.#init
    const options = {
      ...(signal === undefined ? {} : { signal }),
      ...(onReport === undefined ? {} : { onReport }),
    }
    const isLast = segment === this.#count - 1
    return await at('seal', engine.seal(this.#context, segment, isLast, this.#plaintext(segment), options))
  }

  /** All pieces but some drawn at random. */
  #withLosses(pieces: readonly Bytes[]): Map<number, Bytes> {
    const kept = new Map(pieces.entries())
    const draws = this.#init.random(4 * pieces.length)
    const view = new DataView(draws.buffer, draws.byteOffset)
    const shuffled = [...kept.keys()].sort((a, b) => view.getUint32(4 * a) - view.getUint32(4 * b))
    const lost = shuffled.slice(0, this.#init.lostShards)
    for (const shard of lost) kept.delete(shard)
    this.#lostPieces += lost.length
    return kept
  }

  #manifest(): Manifest {
    const { code, sizeBytes } = this.#init
    const { segmentBytes, noncePrefix } = this.#context
    const segments = [...this.#rows].sort(([a], [b]) => a - b).map(([, row]) => row)
    const manifest: Manifest = {
      ...{ version: 1, code, sizeBytes, segmentBytes, noncePrefix, segments },
      ...{ root: this.#tree.root(), keyCommitment: keyCommitment(this.#key) },
      sealedMeta: sealMeta(this.#context, { name: 'self-test', mediaType: 'application/octet-stream' }),
    }
    return decodeManifest(encodeManifest(manifest)).manifest
  }

  /** Runs a pass over all segments; what goes wrong in one ends it and is returned, an abort is thrown. */
  async #each(
    step: TestStep,
    work: (segment: number) => Promise<void>,
  ): Promise<SelfTestFailure | undefined> {
    const { engine, signal, onProgress } = this.#init
    const failures: SelfTestFailure[] = []
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < this.#count && failures.length === 0) {
        throwIfAborted(signal)
        const segment = next++
        try {
          await work(segment)
        } catch (error) {
          throwIfAborted(signal)
          failures.push(failureOf(error, step, segment))
        }
        if (failures.length === 0) onProgress?.(++this.#passed / (2 * this.#count))
      }
    }
    const lanes = Math.max(1, Math.min(engine.concurrency, this.#count))
    await Promise.all(Array.from({ length: lanes }, lane))
    // Lanes overlap: of those that failed together the earliest is told.
    return failures.sort((a, b) => a.segment - b.segment)[0]
  }

  readonly #note = ({ kernel, stageMs }: SegmentReport): void => {
    this.#kernel = kernel
    for (const [stage, ms] of stageMs) this.#add(stage, ms)
  }

  #add(stage: TestedStage, ms: number): void {
    this.#stageMs.set(stage, (this.#stageMs.get(stage) ?? 0) + ms)
  }

  #plainBytes(segment: number): number {
    return segmentPlainBytes({ ...this.#context, sizeBytes: this.#init.sizeBytes }, segment)
  }

  /** The same bytes for the same segment each time, in an array of their own: the engine takes it over. */
  #plaintext(segment: number): Bytes {
    return testBytes(this.#init.content, this.#seed, segment, this.#plainBytes(segment))
  }

  #result(failure: SelfTestFailure | undefined, sealMs: number, openMs: number): SelfTestResult {
    const { code, sizeBytes } = this.#init
    const rows = [...this.#rows.values()]
    const sealedBytes = rows.reduce((sum, row) => sum + row.sealedBytes, 0)
    const storedBytes = rows.reduce((sum, row) => sum + pieceBytes(row.sealedBytes, code.k) * code.n, 0)
    const ratio = (bytes: number): number => (sizeBytes === 0 ? 0 : bytes / sizeBytes)
    const order = new Map(stageOrder.map((stage) => [stage, this.#stageMs.get(stage)]))
    const stageMs = new Map(
      [...order].filter((entry): entry is [TestedStage, number] => entry[1] !== undefined),
    )
    return {
      ...{ code, segments: this.#count, lostPieces: this.#lostPieces, kernel: this.#kernel },
      shardBytes: Math.max(0, ...rows.map((row) => pieceBytes(row.sealedBytes, code.k))),
      ...{ packedRatio: ratio(sealedBytes), storedRatio: ratio(storedBytes) },
      ...{ stageMs, sealMs, openMs, failure },
    }
  }
}

const stageOrder: readonly TestedStage[] = [
  ...(['compress', 'encrypt', 'code', 'hash'] as const),
  ...(['verify', 'rebuild', 'decrypt', 'inflate'] as const),
]
