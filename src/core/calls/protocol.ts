import { ProtocolError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import { decodeCallMessage, encodeCallMessage, type CallMessage } from './messages.ts'

/** One end of a call stream: typed messages in order, both ways. */
export class CallChannel {
  readonly stream: MeshStream
  readonly #onBroken: (error: unknown) => void
  #sending: Promise<void> = Promise.resolve()

  /** @param onBroken told why bytes of the other side were refused */
  constructor(stream: MeshStream, onBroken: (error: unknown) => void = () => {}) {
    this.stream = stream
    this.#onBroken = onBroken
  }

  get peer(): PeerId {
    return this.stream.peer
  }

  /** Sends in call order. A stream that is gone swallows the message: its loss is seen by the reader. */
  send(message: CallMessage): Promise<void> {
    this.#sending = this.#sending.then(() => this.stream.send(encodeCallMessage(message))).catch(() => {})
    return this.#sending
  }

  /** Sends a last message and ends our side. */
  async end(message: CallMessage): Promise<void> {
    await this.send(message)
    await this.stream.close()
  }

  /** The next message, or undefined when the other side is done or the stream broke. Bad bytes abort the stream. */
  async receive(): Promise<CallMessage | undefined> {
    try {
      const frame = await this.stream.receive()
      return frame === undefined ? undefined : decodeCallMessage(frame)
    } catch (error) {
      this.refuse(error)
      return undefined
    }
  }

  /** Ends the stream because the other side broke a rule. */
  refuse(error: unknown): void {
    this.#onBroken(error)
    this.stream.abort(error instanceof Error ? error : new ProtocolError('call stream broke'))
  }
}
