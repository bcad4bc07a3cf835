import type { Stream } from '@libp2p/interface'
import { AbortError, errorName, InvalidMessageError, ProtocolError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { hastenWrites } from './channel-writes.ts'
import { maxQueuedBytes, writeBytes } from './constants.ts'
import { ProtocolUnsupportedError, StreamClosedError } from './errors.ts'
import { FrameParser, writesOf } from './frames.ts'
import type { MeshStream, Path } from './index.ts'
import type { LineRate } from './line-rate.ts'

/**
 * A libp2p stream as frames. It always takes what the transport delivers, since js-libp2p has no receive back-pressure over
 * WebRTC and would reset the stream; what waits for the reader is bounded here instead (SPEC ME-4).
 */
export class FramedStream implements MeshStream {
  readonly peer: PeerId
  readonly protocol: string
  readonly path: Path
  readonly #stream: Stream
  readonly #parser: FrameParser
  readonly #line: LineRate
  readonly #isMeasured: boolean
  readonly #over = new AbortController()
  #queue: Uint8Array<ArrayBuffer>[] = []
  #outbox: Uint8Array[] = []
  #sending: Promise<void> | undefined
  #queuedBytes = 0
  #receivedBytes = 0
  #ended = false
  #error: Error | undefined
  #wake: (() => void)[] = []

  constructor(stream: Stream, peer: PeerId, path: Path, maxFrameBytes: number, line: LineRate) {
    this.peer = peer
    this.protocol = stream.protocol
    this.path = path
    this.#stream = stream
    this.#line = line
    this.#isMeasured = hastenWrites(stream, line)
    this.#parser = new FrameParser(maxFrameBytes)
    stream.addEventListener('remoteCloseWrite', () => this.#end())
    stream.addEventListener('close', (event) => this.#closed(event.error))
    stream.addEventListener('message', (event) => this.#take(event.data.subarray()))
    // The other end may have ended or reset it between the handshake and these listeners: no event comes then.
    if (stream.status === 'reset' || stream.status === 'aborted')
      this.#closed(new Error(`stream was ${stream.status}`))
    else if (stream.status === 'closed') this.#closed(undefined)
    else if (stream.remoteWriteStatus === 'closed') this.#end()
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  #take(bytes: Uint8Array): void {
    if (this.#error !== undefined) return
    this.#receivedBytes += bytes.byteLength
    try {
      for (const frame of this.#parser.push(bytes)) {
        this.#queue.push(frame)
        this.#queuedBytes += frame.byteLength
      }
      if (this.#queuedBytes > maxQueuedBytes) throw new ProtocolError('the reader fell too far behind')
    } catch (error) {
      this.abort(error instanceof Error ? error : new ProtocolError(String(error)))
    }
    this.#wakeAll()
  }

  #end(): void {
    if (this.#parser.hasPartial) this.abort(new InvalidMessageError('the stream ended inside a frame'))
    this.#ended = true
    this.#wakeAll()
  }

  #closed(error: Error | undefined): void {
    if (error !== undefined) this.#error ??= brokenBy(error, this.protocol)
    this.#ended = true
    this.#wakeAll()
    if (!this.#over.signal.aborted)
      this.#over.abort(this.#error ?? new StreamClosedError('the stream is over'))
  }

  async send(frame: Uint8Array): Promise<void> {
    if (this.#error !== undefined) throw asClosed(this.#error)
    this.#outbox.push(frame)
    this.#sending ??= this.#flush()
    try {
      await this.#sending
    } catch (cause) {
      throw new StreamClosedError('the stream is closed', { cause })
    }
  }

  /** Writes what was sent in this turn together: every write is a message of its own on a data channel, and each has its price. */
  async #flush(): Promise<void> {
    await Promise.resolve()
    this.#sending = undefined
    const writes = writesOf(this.#outbox, this.#isMeasured ? this.#line.writeBytes : writeBytes.usual)
    this.#outbox = []
    if (this.#error !== undefined) throw asClosed(this.#error)
    let hasRoom = true
    for (const bytes of writes) hasRoom = this.#stream.send(bytes)
    if (!hasRoom) await this.#stream.onDrain({ signal: this.#over.signal })
  }

  async receive(options: { signal?: AbortSignal } = {}): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const frame = this.#queue.shift()
      if (frame !== undefined) {
        this.#queuedBytes -= frame.byteLength
        return frame
      }
      if (this.#error !== undefined) throw asClosed(this.#error)
      if (this.#ended) return undefined
      if (options.signal?.aborted === true) throw new AbortError('receive was aborted')
      await this.#changed(options.signal)
    }
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake.push(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  #wakeAll(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }

  async close(): Promise<void> {
    try {
      await this.#sending
      await this.#stream.close()
    } catch {
      // It broke before it could end in order: either way it is over.
    }
  }

  abort(error: Error): void {
    this.#error ??= error
    this.#queue = []
    this.#queuedBytes = 0
    this.#stream.abort(error)
    this.#wakeAll()
    if (!this.#over.signal.aborted) this.#over.abort(error)
  }
}

/** What the end of a libp2p stream means to its user. */
function brokenBy(cause: Error, protocol: string): Error {
  return errorName(cause) === 'UnsupportedProtocolError'
    ? new ProtocolUnsupportedError(`${protocol} is not answered`, { cause })
    : new StreamClosedError('the stream broke', { cause })
}

/** Broken rules of the peer keep their name; everything else is a stream that is closed. */
function asClosed(error: Error): Error {
  const isNamed =
    error instanceof InvalidMessageError ||
    error instanceof ProtocolError ||
    error instanceof ProtocolUnsupportedError
  return isNamed || error instanceof StreamClosedError
    ? error
    : new StreamClosedError('the stream was aborted', { cause: error })
}
