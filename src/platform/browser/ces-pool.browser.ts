import { afterEach, describe, expect, it } from 'vitest'
import type { Bytes } from '../../core/base/bytes.ts'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import { planSegments, sealingContext, segmentPlainBytes, type SealedSegment } from '../../core/ces/index.ts'
import { describeEngine } from '../../core/ces/testing/engine-suite.ts'
import { noise, prose, sameBytes } from '../../core/ces/testing/sample-bytes.ts'
import { createCesPool, createCesWorker, type CesPoolInit } from './ces-pool.ts'

describeEngine('the worker pool', createCesPool)

const code = { k: 2, n: 4 }
const full = 2 * 262_144 - 16
const contextOf = (sizeBytes: number) => {
  const { segmentBytes } = planSegments(sizeBytes, code)
  return sealingContext({ code, segmentBytes, sizeBytes, noncePrefix: noise(19, 2) }, noise(32, 1))
}

/** A worker that answers each call as `body` says, without the engine. */
function fakeWorker(body: string): Worker {
  const url = URL.createObjectURL(new Blob([body], { type: 'text/javascript' }))
  return new Worker(url)
}

describe('the worker pool', () => {
  const pools: { stop(): void }[] = []
  const start = (init: CesPoolInit = {}) => {
    const made: Worker[] = []
    const { createWorker = createCesWorker } = init
    const pool = createCesPool({
      ...init,
      createWorker: () => {
        const worker = createWorker()
        made.push(worker)
        return worker
      },
    })
    pools.push(pool)
    return { pool, made }
  }
  afterEach(() => pools.splice(0).forEach((pool) => pool.stop()))

  it.each([
    ['text', prose(8_388_608)],
    ['random bytes', noise(8_388_608)],
  ])('CES-71: seals and opens 8 MiB of %s over two workers', async (_, file) => {
    const { pool, made } = start({ workers: 2 })
    const context = contextOf(file.length)
    const header = { sizeBytes: file.length, segmentBytes: full }
    const count = planSegments(file.length, code).segments
    const plain = (i: number): Bytes => file.slice(i * full, i * full + segmentPlainBytes(header, i))
    const indices = Array.from({ length: count }, (_unused, i) => i)
    const sealed = await Promise.all(indices.map((i) => pool.seal(context, i, i === count - 1, plain(i))))
    const opened = await Promise.all(
      sealed.map(({ codec, sealedBytes, pieces }, i) => {
        const kept = new Map([...pieces.entries()].filter(([shard]) => shard % 2 === i % 2))
        const expected = { codec, sealedBytes, plainBytes: segmentPlainBytes(header, i) }
        return pool.open(context, i, i === count - 1, expected, kept)
      }),
    )
    expect(opened.every((bytes, i) => sameBytes(bytes, plain(i)))).toBe(true)
    expect(made.length).toBe(2)
    expect(pool.concurrency).toBe(4)
  })

  it('CES-70: takes plaintext over, unless it is a part of something larger', async () => {
    const { pool } = start({ workers: 1 })
    const [whole, larger] = [prose(5_000), prose(10_000)]
    await pool.seal(contextOf(5_000), 0, true, whole)
    expect(whole.byteLength).toBe(0)
    await pool.seal(contextOf(5_000), 0, true, larger.subarray(0, 5_000))
    expect(larger.byteLength).toBe(10_000)
  })

  it('CES-72: drops a queued segment and the result of a running one at once, and goes on', async () => {
    const { pool, made } = start({ workers: 1 })
    const context = contextOf(full)
    const seal = (signal?: AbortSignal): Promise<SealedSegment> =>
      pool.seal(context, 0, true, noise(full), signal === undefined ? {} : { signal })
    const stop = new AbortController()
    const [running, next, queued] = [seal(stop.signal), seal(), seal(stop.signal)]
    stop.abort()
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' })
    expect((await next).pieces.length).toBe(4)
    expect((await seal()).pieces.length).toBe(4)
    expect(made.length).toBe(1)
  })

  it('CES-73: a crash fails the segments of that worker by name, and the worker is replaced', async () => {
    let count = 0
    const crashing = (): Worker =>
      ++count === 1 ? fakeWorker('onmessage = () => { throw new Error("boom") }') : createCesWorker()
    const { pool, made } = start({ workers: 1, createWorker: crashing })
    const context = contextOf(1_000)
    const jobs = [1, 2, 3].map(() => pool.seal(context, 0, true, prose(1_000)))
    const results = await Promise.allSettled(jobs)
    for (const result of results.slice(0, 2)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'EngineError' } })
    }
    expect(results[2]).toMatchObject({ status: 'fulfilled' })
    expect(made.length).toBe(2)
  })

  it('CES-73: a worker that cannot be loaded or made is EngineError, not a silent wait', async () => {
    const unloadable = start({ workers: 1, createWorker: () => new Worker('data:text/plain,(') })
    const unmakeable = start({
      workers: 1,
      createWorker: () => {
        throw new TypeError('refused by policy')
      },
    })
    for (const { pool } of [unloadable, unmakeable]) {
      const sealed = pool.seal(contextOf(10), 0, true, prose(10))
      await expect(sealed).rejects.toMatchObject({ name: 'EngineError' })
    }
  })

  it('CES-73: a worker that never answers is EngineError after its time, and is replaced', async () => {
    const clock = new ManualClock()
    let count = 0
    const silentFirst = (): Worker => (++count === 1 ? fakeWorker('onmessage = () => {}') : createCesWorker())
    const { pool, made } = start({ workers: 1, createWorker: silentFirst, clock })
    const lost = expect(pool.seal(contextOf(10), 0, true, prose(10))).rejects.toMatchObject({
      name: 'EngineError',
    })
    await clock.advance(120_000)
    await lost
    expect((await pool.seal(contextOf(10), 0, true, prose(10))).codec).toBe(0)
    expect(made.length).toBe(2)
  })

  it('CES-71: ends idle workers, holds no timer then, and starts them again for new work', async () => {
    const clock = new ManualClock()
    const { pool, made } = start({ workers: 1, clock })
    await pool.seal(contextOf(10), 0, true, prose(10))
    expect(clock.pending).toBe(1)
    await clock.advance(60_000)
    expect(clock.pending).toBe(0)
    await pool.seal(contextOf(10), 0, true, prose(10))
    expect(made.length).toBe(2)
  })

  it('CES-71: refuses what goes over its bounded queue', async () => {
    const { pool } = start({ workers: 1, createWorker: () => fakeWorker('onmessage = () => {}') })
    const jobs = Array.from({ length: 259 }, () => pool.seal(contextOf(10), 0, true, prose(10)))
    await expect(jobs[258]).rejects.toMatchObject({ name: 'EngineError' })
    const rest = Promise.allSettled(jobs.slice(0, 258))
    pool.stop()
    for (const result of await rest) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
    }
  })

  it('CES-74: gives errors of the engine back as themselves', async () => {
    const { pool } = start({ workers: 1 })
    await expect(pool.seal(contextOf(10), 7, false, prose(10))).rejects.toMatchObject({
      name: 'InvalidSegmentError',
    })
  })
})
