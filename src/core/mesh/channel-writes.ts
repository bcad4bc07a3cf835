import type { Stream } from '@libp2p/interface'
import { channelHighBytes, channelLowBytes, channelMessageBytes } from './constants.ts'
import type { LineChannel, LineRate } from './line-rate.ts'

/** As much of an RTCDataChannel as sending needs (W3C WebRTC section 6.2). */
export interface SendingChannel extends LineChannel {
  bufferedAmountLowThreshold: number
  send(bytes: Uint8Array<ArrayBuffer>): void
}

/** Bytes to send, in parts. */
interface Parts extends Iterable<Uint8Array> {
  readonly byteLength: number
}

/** What a stream of @libp2p/webrtc 6.0.33 has besides: its channel, and how it gives one message to it. */
export interface ChannelStream {
  readonly channel: SendingChannel
  sendData(data: Parts): { readonly sentBytes: number; readonly canSendMore: boolean }
}

/** Where messages are put together: `send` has taken its copy when it returns, and fresh memory would cost more than the copying. */
const workspace = new Uint8Array(channelMessageBytes)

/** Field 2 of a stream's message, with a length (libp2p WebRTC specification, "Message"). */
const messageTag = 0x12

/**
 * Makes writing to a WebRTC stream cheaper without changing what is on the wire: each message leaves with its length in one data-channel message
 * instead of two, after one copy instead of two, and the writer goes on before the channel is empty. Streams of other transports are left alone.
 *
 * @param line is told of its channel and what that is given
 * @returns whether it is a WebRTC stream
 */
export function hastenWrites(stream: Stream, line: LineRate): boolean {
  const own: Partial<ChannelStream> = stream as unknown as Partial<ChannelStream> // private to its package; looked at before use
  const { channel } = own
  if (!isChannel(channel) || typeof own.sendData !== 'function') return false
  line.follow(channel)
  channel.bufferedAmountLowThreshold = channelLowBytes
  own.sendData = (data) => {
    if (channel.readyState !== 'open') return { sentBytes: 0, canSendMore: false }
    line.give(data.byteLength)
    channel.send(messageOf(data, workspace))
    return { sentBytes: data.byteLength, canSendMore: channel.bufferedAmount < channelHighBytes }
  }
  return true
}

/** A message as the specification frames it: its length, then field 2 with the bytes. A view of `space` when that is long enough. */
export function messageOf(data: Parts, space: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const field = [messageTag, ...varint(data.byteLength)]
  const head = [...varint(field.length + data.byteLength), ...field]
  const length = head.length + data.byteLength
  const message = length <= space.byteLength ? space.subarray(0, length) : new Uint8Array(length)
  message.set(head)
  let at = head.length
  for (const part of data) {
    message.set(part, at)
    at += part.byteLength
  }
  return message
}

/** Unsigned varint (multiformats), which is what protobuf has too. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

function isChannel(channel: SendingChannel | undefined): channel is SendingChannel {
  return typeof channel?.send === 'function' && typeof channel.bufferedAmountLowThreshold === 'number'
}
