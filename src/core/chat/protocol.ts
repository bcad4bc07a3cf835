import { StreamClosedError } from '../mesh/index.ts'
import type { Clock } from '../base/clock.ts'
import { within } from '../base/wait.ts'
import type { MeshStream } from '../mesh/index.ts'
import { sessionIdleMs } from './constants.ts'
import { decodeChatMessage, encodeChatMessage, type ChatMessage } from './messages.ts'

/** One end of a chat stream: typed messages in order, with a bound on silence. */
export class ChatStream {
  readonly stream: MeshStream
  readonly #clock: Clock
  #sending: Promise<void> = Promise.resolve()

  constructor(stream: MeshStream, clock: Clock) {
    this.stream = stream
    this.#clock = clock
  }

  /** Sends after everything sent before. Throws `StreamClosedError`. */
  send(message: ChatMessage): Promise<void> {
    const sent = this.#sending.then(() => this.stream.send(encodeChatMessage(message)))
    this.#sending = sent.catch(() => undefined) // the caller has the error
    return sent
  }

  /**
   * The next message, or undefined at the end. Throws `InvalidMessageError` for bad bytes, `TimeoutError` after a minute
   * of silence, `StreamClosedError`.
   */
  async receive(): Promise<ChatMessage | undefined> {
    const frame = await within(this.stream.receive(), 'chat message', {
      clock: this.#clock,
      timeoutMs: sessionIdleMs,
    })
    return frame === undefined ? undefined : decodeChatMessage(frame)
  }

  async close(): Promise<void> {
    await this.#sending
    await this.stream.close()
  }

  abort(error: unknown): void {
    this.stream.abort(error instanceof Error ? error : new StreamClosedError('chat stream given up'))
  }
}
