import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName, ProtocolError, TimeoutError } from '../base/errors.ts'
import { within } from '../base/wait.ts'
import { StreamClosedError, type MeshStream } from '../mesh/index.ts'
import { answerTimeoutMs, chunkBytes, filesProtocol } from './constants.ts'
import { RefusedError } from './errors.ts'
import {
  decodeAnswer,
  decodeRequest,
  encodeAnswer,
  encodeRequest,
  type Answer,
  type Request,
} from './messages.ts'
import type { PeerId } from '../base/ids.ts'
import type { Room } from '../room/index.ts'

/** Limits of one wait on a stream. */
export interface WaitOptions {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** The next frame, or undefined at the orderly end. A wait that fails ends the stream, so no late frame is ever misread. */
export async function nextFrame(
  stream: MeshStream,
  what: string,
  options: WaitOptions,
): Promise<Bytes | undefined> {
  try {
    return await within(stream.receive(), what, options)
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(what))
    throw error
  }
}

/** The next answer; throws `StreamClosedError` when the other end closed instead, `RefusedError` when it declined. */
export async function nextAnswer(stream: MeshStream, options: WaitOptions): Promise<Answer> {
  return answerOf(await nextFrame(stream, 'an answer', options))
}

/** A frame as an answer, see {@link nextAnswer}. */
export function answerOf(frame: Bytes | undefined): Answer {
  if (frame === undefined) throw new StreamClosedError('the other end closed before it answered')
  const answer = decodeAnswer(frame)
  if (answer.type === 'refused') {
    throw new RefusedError(`the member declined: ${answer.reason}`, { reason: answer.reason })
  }
  return answer
}

/** The next request, or undefined when the asking end is done. */
export async function nextRequest(stream: MeshStream, options: WaitOptions): Promise<Request | undefined> {
  const frame = await nextFrame(stream, 'a request', options)
  return frame === undefined ? undefined : decodeRequest(frame)
}

export async function sendRequest(stream: MeshStream, request: Request): Promise<void> {
  await stream.send(encodeRequest(request))
}

export async function sendAnswer(stream: MeshStream, answer: Answer): Promise<void> {
  await stream.send(encodeAnswer(answer))
}

/** Sends `bytes` as raw frames, each full but the last (FI-4). */
export async function sendChunks(stream: MeshStream, bytes: Bytes): Promise<void> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    await stream.send(bytes.subarray(at, at + chunkBytes))
  }
}

/**
 * Gathers raw frames of exactly `sizeBytes` from `next`. Throws `ProtocolError` when a frame is not full though more is to come,
 * `StreamClosedError` when the stream ends before: a lost link may look like an orderly end (ME-1), so nobody is blamed for it.
 *
 * @param sizeBytes checked against its bound by the caller: so much is allocated
 */
export async function receiveChunks(
  next: () => Promise<Bytes | undefined>,
  sizeBytes: number,
): Promise<Bytes> {
  let out: Bytes | undefined
  for (let at = 0; at < sizeBytes;) {
    const frame = await next()
    if (frame === undefined) throw new StreamClosedError(`ended after ${at} of ${sizeBytes} bytes`)
    const expected = Math.min(chunkBytes, sizeBytes - at)
    if (frame.byteLength !== expected) {
      throw new ProtocolError(`expected a chunk of ${expected} bytes, got ${frame.byteLength}`)
    }
    if (expected === sizeBytes) return frame
    out ??= new Uint8Array(sizeBytes)
    out.set(frame, at)
    at += frame.byteLength
  }
  return out ?? new Uint8Array(0)
}

/** What asking a member needs. */
export interface AskComponents {
  readonly room: Pick<Room, 'openStream'>
  readonly clock: Clock
}

/** Opens a stream to ask something, runs `talk`, and ends the stream whatever happens. */
export async function asking<T>(
  { room, clock }: AskComponents,
  peer: PeerId,
  signal: AbortSignal | undefined,
  talk: (stream: MeshStream, options: WaitOptions) => Promise<T>,
): Promise<T> {
  const options: WaitOptions = { clock, timeoutMs: answerTimeoutMs, signal }
  const stream = await openFilesStream({ room, clock }, peer, options)
  try {
    const result = await talk(stream, options)
    await stream.close()
    return result
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(errorName(error)))
    throw error
  }
}

/** Opens a stream of this protocol, over a connection of its own if told so (ME-15). Throws what `Room.openStream` throws, `TimeoutError` or `AbortError`. */
export async function openFilesStream(
  { room, clock }: AskComponents,
  peer: PeerId,
  {
    timeoutMs,
    signal,
    ownLine = false,
  }: { timeoutMs: number; signal?: AbortSignal | undefined; ownLine?: boolean | undefined },
): Promise<MeshStream> {
  const opening = room.openStream(peer, filesProtocol, {
    maxFrameBytes: chunkBytes,
    ownLine,
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    return await within(opening, 'opening a stream', { clock, timeoutMs, signal })
  } catch (error) {
    // A stream that opens after we gave up must not stay open.
    opening.then(
      (stream) => stream.abort(new TimeoutError('opened too late')),
      () => {},
    )
    throw error
  }
}
