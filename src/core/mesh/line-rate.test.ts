import { describe, expect, it } from 'vitest'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { LineRate } from './line-rate.ts'

const stepMs = 250

/** What is written at once after a while of writing 64 KiB whenever less than a MiB waits before a line of `bytesPerMs`. */
async function afterWriting(bytesPerMs: number, clock = new ManualClock(), rate = new LineRate(clock)) {
  let waitingBytes = 0
  for (let step = 0; step < 12; step++) {
    while (waitingBytes < 1_048_576) {
      rate.give(65_536, waitingBytes)
      waitingBytes += 65_536
    }
    await clock.advance(stepMs)
    waitingBytes = Math.max(0, waitingBytes - bytesPerMs * stepMs)
  }
  return rate.writeBytes
}

describe('what is written at once', () => {
  it('ME-11 is 64 KiB on a line that was not measured', () => {
    expect(new LineRate(new ManualClock()).writeBytes).toBe(65_536)
  })
  it.each([
    ['1 Mbit/s', 125, 16_384],
    ['6 Mbit/s', 750, 32_768],
    ['12 Mbit/s', 1_500, 65_536],
    ['100 Mbit/s', 12_500, 131_072],
  ])('ME-11 is what a line of %s carries in 50 ms, 16 to 128 KiB', async (_, bytesPerMs, bytes) => {
    expect(await afterWriting(bytesPerMs)).toBe(bytes)
  })
  it('ME-11 grows and shrinks with the line', async () => {
    const clock = new ManualClock()
    const rate = new LineRate(clock)
    expect(await afterWriting(125, clock, rate)).toBe(16_384)
    expect(await afterWriting(12_500, clock, rate)).toBe(131_072)
    expect(await afterWriting(125, clock, rate)).toBe(16_384)
  })
  it('ME-11 does not shrink because little was to be written', async () => {
    const clock = new ManualClock()
    const rate = new LineRate(clock)
    await afterWriting(12_500, clock, rate)
    for (let i = 0; i < 20; i++) {
      await clock.advance(1_000)
      rate.give(1_000, 0)
    }
    expect(rate.writeBytes).toBe(131_072)
  })
})
