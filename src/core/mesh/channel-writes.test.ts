import type { Stream } from '@libp2p/interface'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { hastenWrites, messageOf, type ChannelStream, type SendingChannel } from './channel-writes.ts'
import { FrameParser } from './frames.ts'
import { LineRate } from './line-rate.ts'

function channelStream(
  readyState = 'open',
): ChannelStream & { readonly sent: Uint8Array[]; isOriginal: boolean } {
  const sent: Uint8Array[] = []
  const channel: SendingChannel = {
    ...{ readyState, bufferedAmountLowThreshold: 0 },
    get bufferedAmount() {
      return sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
    },
    send: (bytes) => void sent.push(bytes.slice()), // as channels do, before it returns
  }
  const stream = {
    ...{ channel, sent, isOriginal: false },
    sendData: () => {
      stream.isOriginal = true
      return { sentBytes: 0, canSendMore: true }
    },
  }
  return stream
}

/** As libp2p's lists of bytes. */
function parts(...all: Uint8Array[]): Parameters<ChannelStream['sendData']>[0] {
  return {
    byteLength: all.reduce((sum, part) => sum + part.byteLength, 0),
    [Symbol.iterator]: () => all.values(),
  }
}

/** As libp2p's stream: it is looked at for what it is at run time. */
const hasten = (stream: object): boolean => hastenWrites(stream as Stream, new LineRate(new ManualClock()))

describe('writing to a data channel', () => {
  it('ME-11 a message is the specification’s: its length, then field 2 with all parts in one', () => {
    expect([...messageOf(parts(new Uint8Array([7, 8])), new Uint8Array(5))]).toEqual([4, 0x12, 2, 7, 8])
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20_000 }), { maxLength: 4 }), (all) => {
        // A message is length-prefixed as a frame of ours is, and so is its field.
        const [body = new Uint8Array()] = new FrameParser(100_000).push(
          messageOf(parts(...all), new Uint8Array(30_000)),
        )
        expect(body[0]).toBe(0x12)
        expect(new FrameParser(100_000).push(body.subarray(1))).toEqual([concat(...all)])
      }),
    )
  })
  it('ME-11 each message is one message of the channel, and the writer waits at 4 MiB', () => {
    const stream = channelStream()
    hasten(stream)
    const data = parts(new Uint8Array(1_500_000))
    const answers = [1, 2, 3].map(() => stream.sendData(data))
    expect(answers.map(({ sentBytes }) => sentBytes)).toEqual([1_500_000, 1_500_000, 1_500_000])
    expect(answers.map(({ canSendMore }) => canSendMore)).toEqual([true, true, false])
    expect(stream.sent.length).toBe(3)
    expect(stream.channel.bufferedAmountLowThreshold).toBeGreaterThan(0)
  })
  it('ME-11 a channel that is not open takes nothing', () => {
    const stream = channelStream('connecting')
    hasten(stream)
    const answer = stream.sendData(parts(new Uint8Array(9)))
    expect(answer).toEqual({ sentBytes: 0, canSendMore: false })
    expect(stream.sent).toEqual([])
  })
  it('ME-11 a stream without a data channel is left alone', () => {
    const { sendData } = channelStream()
    const stream = { sendData }
    expect(hasten(stream)).toBe(false)
    expect(stream.sendData).toBe(sendData)
  })
})
