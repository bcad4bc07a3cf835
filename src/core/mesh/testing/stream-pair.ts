import { AbortError, InvalidMessageError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import { StreamClosedError } from '../errors.ts'
import type { MeshStream, Path } from '../index.ts'

interface End {
  readonly peer: PeerId
  readonly maxFrameBytes: number
}

/** Two joined ends of a stream in this process. Frames are copied; `a` is the opener's end, whose `peer` is the other side. */
export function streamPair(
  a: End,
  b: End,
  protocol = '/test/1',
  path: Path = 'direct',
): [PairStream, PairStream] {
  const left = new PairStream(a, protocol, path)
  const right = new PairStream(b, protocol, path)
  left.join(right)
  right.join(left)
  return [left, right]
}

/** One end of {@link streamPair}. */
export class PairStream implements MeshStream {
  readonly peer: PeerId
  readonly protocol: string
  readonly path: Path
  readonly #maxFrameBytes: number
  readonly #over = new AbortController()
  readonly #queue: Uint8Array<ArrayBuffer>[] = []
  #waiting: (() => void)[] = []
  #other: PairStream | undefined
  #receivedBytes = 0
  #ended = false
  #closed = false
  #error: Error | undefined

  constructor(end: End, protocol: string, path: Path) {
    this.peer = end.peer
    this.#maxFrameBytes = end.maxFrameBytes
    this.protocol = protocol
    this.path = path
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  join(other: PairStream): void {
    this.#other = other
  }

  async send(frame: Uint8Array): Promise<void> {
    await Promise.resolve()
    if (this.#error !== undefined) throw new StreamClosedError('stream broke', { cause: this.#error })
    if (this.#closed) throw new StreamClosedError('our side is closed')
    this.#other?.deliver(new Uint8Array(frame))
  }

  deliver(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#error !== undefined) return
    if (frame.byteLength > this.#maxFrameBytes) {
      this.abort(new InvalidMessageError(`expected at most ${String(this.#maxFrameBytes)} bytes in a frame`))
      return
    }
    this.#receivedBytes += frame.byteLength
    this.#queue.push(frame)
    this.#wakeUp()
  }

  async receive(options: { signal?: AbortSignal } = {}): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const frame = this.#queue.shift()
      if (frame !== undefined) return frame
      if (this.#error !== undefined) {
        if (this.#error instanceof InvalidMessageError) throw this.#error
        throw new StreamClosedError('stream broke', { cause: this.#error })
      }
      if (this.#ended) return undefined
      if (options.signal?.aborted) throw new AbortError('receive was aborted')
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        options.signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async close(): Promise<void> {
    await Promise.resolve()
    if (this.#closed || this.#error !== undefined) return
    this.#closed = true
    this.#other?.endOfFrames()
    this.#finish()
  }

  abort(error: Error): void {
    if (this.#error !== undefined || this.#over.signal.aborted) return
    this.fail(error)
    this.#other?.fail(new StreamClosedError('the other side reset the stream'))
  }

  endOfFrames(): void {
    this.#ended = true
    this.#wakeUp()
    this.#finish()
  }

  fail(error: Error): void {
    if (this.#error !== undefined || this.#over.signal.aborted) return
    this.#error = error
    this.#wakeUp()
    this.#over.abort(error)
  }

  #finish(): void {
    if (this.#closed && this.#ended) this.#over.abort(new StreamClosedError('stream is over'))
  }

  #wakeUp(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
