import { ProtocolError } from '../base/errors.ts'
import type { MeshStream } from '../mesh/index.ts'
import { maxCandidates } from './constants.ts'
import { decodeCallMessage, encodeCallMessage, type CallMessage } from './messages.ts'

/** One end of a call stream: typed messages in order, both ways. */
export class CallChannel {
  readonly stream: MeshStream
  #sending: Promise<void> = Promise.resolve()
  #candidates = 0

  constructor(stream: MeshStream) {
    this.stream = stream
  }

  get peer() {
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
      if (frame === undefined) return undefined
      const message = decodeCallMessage(frame)
      this.#count(message)
      return message
    } catch (error) {
      this.stream.abort(error instanceof Error ? error : new ProtocolError('call stream broke'))
      return undefined
    }
  }

  #count(message: CallMessage): void {
    if (message.t !== 'signal' || message.signal.kind !== 'candidate') return
    this.#candidates += 1
    if (this.#candidates > maxCandidates)
      throw new ProtocolError(`more than ${String(maxCandidates)} candidates`)
  }
}
