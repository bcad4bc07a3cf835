import { describe, expect, it } from 'vitest'
import { Spares } from './spares.ts'

describe('spare buffers', () => {
  it('CES-70: are found by length, each once', () => {
    const spares = new Spares(1_000)
    const [a, b] = [new Uint8Array(64), new Uint8Array(64)]
    spares.give([a, b, a, new Uint8Array(128)])
    expect(spares.take(64, 1)[0]).toBe(a)
    expect(spares.take(64, 5)[0]).toBe(b)
    expect(spares.take(64, 5)).toEqual([])
    expect(spares.takeOrMake(128).byteLength).toBe(128)
    expect(spares.takeOrMake(192).byteLength).toBe(192)
  })
  it('CES-70: over the limit are left to the collector, and room is counted when they go', () => {
    const spares = new Spares(130)
    spares.give([1, 2, 3].map(() => new Uint8Array(64)))
    expect(spares.take(64, 9).length).toBe(2)
    spares.give([new Uint8Array(128)])
    expect(spares.take(128, 1).length).toBe(1)
    spares.give([new Uint8Array(64)])
    spares.clear()
    expect(spares.take(64, 1)).toEqual([])
  })
  it('are never parts of something larger, nor empty', () => {
    const spares = new Spares(1_000)
    spares.give([new Uint8Array(128).subarray(64), new Uint8Array()])
    expect([...spares.take(64, 1), ...spares.take(0, 1)]).toEqual([])
  })
})
