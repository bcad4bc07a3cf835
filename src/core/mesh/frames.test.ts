import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { FrameParser, writesOf } from './frames.ts'
import { RelayKeeper } from './relay-keeper.ts'
import { gateSignalling } from './signalling-gate.ts'
import type { Connection, Stream, StreamHandler } from '@libp2p/interface'

const wire = (...frames: Uint8Array[]) => concat(...writesOf(frames, 64))

describe('frames', () => {
  it('ME-4 come back whole however the bytes are cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
        const parser = new FrameParser(300)
        const bytes = wire(...sent)
        const got: Uint8Array[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] ?? 1
          got.push(...parser.push(bytes.subarray(at, at + size)))
          at += size
        }
        expect(got.map((frame) => [...frame])).toEqual(sent.map((frame) => [...frame]))
        expect(parser.hasPartial).toBe(false)
      }),
    )
  })
  it.each([
    ['a length over the bound', [0x81, 0x80, 0x04]],
    ['a length that never ends', [0xff, 0xff, 0xff, 0xff]],
    ['a length not in its shortest form', [0x81, 0x00]],
  ])('ME-4 refuse %s before keeping anything', (_, bytes) => {
    const parser = new FrameParser(100)
    expect(() => parser.push(new Uint8Array(bytes))).toThrow(
      expect.objectContaining({ name: 'InvalidMessageError' }),
    )
  })
  it('ME-11 sent together are few writes: small ones joined, also with the first part of a large one, whose rest is not copied', () => {
    const sizes = (...frames: Uint8Array[]) => writesOf(frames, 65_536).map(({ byteLength }) => byteLength)
    const [a, large, b, c] = [
      new Uint8Array(5),
      new Uint8Array(150_000),
      new Uint8Array(9),
      new Uint8Array(0),
    ]
    const rest = 150_000 - 2 * 65_536
    expect(sizes(a, large, b, c)).toEqual([1 + 5 + 3 + 65_536, 65_536, rest, 1 + 9 + 1])
    expect(writesOf([a, large], 65_536)[1]?.buffer).toBe(large.buffer)
    expect(sizes(a, new Uint8Array(5_000))).toEqual([1 + 5 + 2 + 5_000])
    expect(sizes(new Uint8Array(2 * 65_536 + 100))).toEqual([3 + 65_536, 65_536 + 100])
  })
  it('ME-4 say when the bytes end inside a frame', () => {
    const parser = new FrameParser(100)
    parser.push(wire(new Uint8Array(5)).subarray(0, 3))
    expect(parser.hasPartial).toBe(true)
  })
})

describe('relay keeper', () => {
  function keeper(outcomes: boolean[]) {
    const clock = new ManualClock()
    const tries: number[] = []
    const states: boolean[] = []
    let connected = false
    const made = new RelayKeeper({
      clock,
      random: (n) => new Uint8Array(n),
      isConnected: () => connected,
      tryRelays: () => {
        tries.push(clock.now())
        connected = outcomes.shift() ?? false
        return Promise.resolve()
      },
      onState: () => states.push(connected),
    })
    const drop = (): void => {
      connected = false
      made.lost()
    }
    return { clock, keeper: made, tries, states, drop }
  }
  it('ME-7 tries with growing pauses until a relay answers', async () => {
    const { clock, keeper: kept, tries, states } = keeper([false, false, false, true])
    kept.start()
    await clock.advance(60_000)
    expect(tries.map((at) => at - (tries[0] ?? 0))).toEqual([0, 250, 750, 1750])
    expect(states.at(-1)).toBe(true)
    expect(clock.pending).toBe(0)
  })
  it('ME-7 comes back after a loss without anyone asking', async () => {
    const { clock, keeper: kept, tries, drop } = keeper([true, false, true])
    kept.start()
    await settle()
    drop()
    await clock.advance(10_000)
    expect(tries).toHaveLength(3)
  })
  it('ME-7 tries at once when woken', async () => {
    const { clock, keeper: kept, tries } = keeper(Array<boolean>(20).fill(false))
    kept.start()
    await clock.advance(60_000)
    const before = tries.length
    kept.wake()
    await settle()
    expect(tries).toHaveLength(before + 1)
    kept.stop()
    await clock.advance(60_000)
    expect(tries).toHaveLength(before + 1)
  })
})

describe('WebRTC signalling gate', () => {
  it('ME-3 a stranger that asks 1,000 times gets no answer', async () => {
    const handlers = new Map<string, StreamHandler>()
    const registrar = {
      handle: (protocol: string, handler: StreamHandler) => {
        handlers.set(protocol, handler)
        return Promise.resolve()
      },
    }
    let [refused, begun] = [0, 0]
    const allowed = { id: 'member' } as unknown as Connection
    const gated = gateSignalling(
      { registrar },
      (connection) => connection === allowed,
      () => (refused += 1),
      () => (begun += 1),
    )
    let answered = 0
    await gated.registrar.handle('/webrtc-signaling/0.0.1', () => void (answered += 1))
    await gated.registrar.handle('/other/1', () => void (answered += 1))
    const aborts: unknown[] = []
    const stream = { abort: (error: unknown) => aborts.push(error) } as unknown as Stream
    for (let i = 0; i < 1_000; i++) {
      void handlers.get('/webrtc-signaling/0.0.1')?.(stream, { id: 'stranger' } as unknown as Connection)
    }
    expect({ answered, refused, aborts: aborts.length }).toEqual({
      answered: 0,
      refused: 1_000,
      aborts: 1_000,
    })
    void handlers.get('/webrtc-signaling/0.0.1')?.(stream, allowed)
    void handlers.get('/other/1')?.(stream, { id: 'stranger' } as unknown as Connection)
    expect({ answered, begun }).toEqual({ answered: 2, begun: 1 })
  })
})
