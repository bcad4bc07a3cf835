import { describe, expect, it } from 'vitest'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { LineRate } from './line-rate.ts'

const stepMs = 250
const highBytes = 1_048_576

/** A line, and channels before it, of which the shortest goes first. */
class Lane {
  readonly clock = new ManualClock()
  readonly rate = new LineRate(this.clock)
  readonly #channels: { readyState: string; bufferedAmount: number }[] = []

  channel(): { readyState: string; bufferedAmount: number } {
    const channel = { readyState: 'open', bufferedAmount: 0 }
    this.rate.follow(channel)
    this.#channels.push(channel)
    return channel
  }

  give(channel: { bufferedAmount: number }, bytes: number): void {
    this.rate.give(bytes)
    channel.bufferedAmount += bytes
  }

  /** Three seconds of a line of `bytesPerMs`, in which a channel is given 64 KiB whenever less than a MiB waits in it. */
  async carry(bytesPerMs: number, channel = this.channel(), besides?: () => void): Promise<void> {
    for (let step = 0; step < 12; step++) {
      while (channel.bufferedAmount < highBytes) this.give(channel, 65_536)
      besides?.()
      await this.clock.advance(stepMs)
      let left = bytesPerMs * stepMs
      for (const one of this.#channels.toSorted((a, b) => a.bufferedAmount - b.bufferedAmount)) {
        const carried = Math.min(left, one.bufferedAmount)
        one.bufferedAmount -= carried
        left -= carried
      }
    }
  }
}

describe('what is written at once', () => {
  it('ME-11 is 16 KiB on a line that was not measured', () => {
    expect(new Lane().rate.writeBytes).toBe(16_384)
  })
  it.each([
    ['1 Mbit/s', 125, 16_384],
    ['6 Mbit/s', 750, 32_768],
    ['12 Mbit/s', 1_500, 65_536],
    ['100 Mbit/s', 12_500, 131_072],
  ])('ME-11 is what a line of %s carries in 50 ms, 16 to 128 KiB', async (_, bytesPerMs, bytes) => {
    const lane = new Lane()
    await lane.carry(bytesPerMs)
    expect(lane.rate.writeBytes).toBe(bytes)
  })
  it('ME-11 grows and shrinks with the line, whichever channel it is measured by', async () => {
    const lane = new Lane()
    for (const [bytesPerMs, bytes] of [
      [12_500, 131_072],
      [125, 16_384],
      [12_500, 131_072],
    ] as const) {
      const channel = lane.channel()
      await lane.carry(bytesPerMs, channel)
      expect(lane.rate.writeBytes).toBe(bytes)
      channel.readyState = 'closed'
    }
  })
  it('ME-11 is not smaller because a channel that says little waits behind one that says much', async () => {
    const lane = new Lane()
    const small = lane.channel()
    await lane.carry(3_000, lane.channel(), () => lane.give(small, 100))
    expect(lane.rate.writeBytes).toBe(131_072)
  })
  it('ME-11 does not shrink because little was to be written', async () => {
    const lane = new Lane()
    await lane.carry(12_500)
    const channel = lane.channel()
    for (let i = 0; i < 20; i++) {
      await lane.clock.advance(1_000)
      channel.bufferedAmount = 0
      lane.give(channel, 1_000)
    }
    expect(lane.rate.writeBytes).toBe(131_072)
  })
})
