import type { Bytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { errorName, ProtocolError } from '../base/errors.ts'
import type { FileId, PeerId } from '../base/ids.ts'
import { CorruptPieceError } from '../ces/index.ts'
import { StreamClosedError, type MeshStream } from '../mesh/index.ts'
import { answerTimeoutMs, maxInFlightBytes, stallTimeoutMs } from './constants.ts'
import { HolderStalledError, PieceMissingError } from './errors.ts'
import {
  answerOf,
  nextAnswer,
  openFilesStream,
  receiveChunks,
  sendRequest,
  type AskComponents,
  type WaitOptions,
} from './protocol.ts'

/** A piece as a holder gave it: right in length, not yet checked against the root. */
export interface ReceivedPiece {
  readonly bytes: Bytes
  readonly path: Bytes
}

interface Wanted {
  readonly segment: number
  readonly shard: number
  readonly sizeBytes: number
  resolve(piece: ReceivedPiece): void
  reject(error: Error): void
}

/**
 * The asking end of a `pieces` stream: keeps at most {@link maxInFlightBytes} asked for and not received (FI-6), reads at
 * once whatever comes, and gives up on a holder that owes bytes and is silent (FI-7). One failure ends it for all.
 */
export class PieceStream {
  readonly #stream: MeshStream
  readonly #clock: Clock
  /** How long the holder took for its first answer, which costs it next to nothing. */
  readonly roundTripMs: number
  readonly #wanted: Wanted[] = []
  #inFlightBytes = 0
  #reading = false
  #failure: Error | undefined

  private constructor(stream: MeshStream, clock: Clock, roundTripMs: number) {
    this.#stream = stream
    this.roundTripMs = roundTripMs
    this.#clock = clock
    const onOver = (): void => {
      // With pieces under way the reader meets the end itself, and knows better what it means.
      if (this.#wanted.length === 0) this.#fail(new StreamClosedError('the holder ended the stream'))
    }
    stream.signal.addEventListener('abort', onOver, { once: true })
  }

  /** Opens the stream and hears that the holder has the file. Throws `RefusedError`, `NoLinkError`, `TimeoutError` and the like. */
  static async open(
    components: AskComponents,
    peer: PeerId,
    file: FileId,
    options: { signal?: AbortSignal; ownLine?: boolean } = {},
  ): Promise<PieceStream> {
    const wait: WaitOptions = { clock: components.clock, timeoutMs: answerTimeoutMs, signal: options.signal }
    const stream = await openFilesStream(components, peer, { ...wait, ownLine: options.ownLine })
    const askedAt = components.clock.now()
    try {
      await sendRequest(stream, { type: 'pieces', file })
      const answer = await nextAnswer(stream, { ...wait, timeoutMs: stallTimeoutMs })
      if (answer.type !== 'ready') throw new ProtocolError('expected ready')
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(errorName(error)))
      throw errorName(error) === 'TimeoutError' ? stalled(error) : error
    }
    return new PieceStream(stream, components.clock, components.clock.now() - askedAt)
  }

  /** Bytes that have come on it so far. */
  get receivedBytes(): number {
    return this.#stream.receivedBytes
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes
  }

  /** Whether it ended: a holder may end a stream on which nothing was asked for a while. */
  get isOver(): boolean {
    return this.#failure !== undefined
  }

  /** Whether a piece of this length may be asked for now. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.#inFlightBytes === 0 || this.#inFlightBytes + sizeBytes <= maxInFlightBytes
  }

  /**
   * Asks for one piece of known length. Throws `PieceMissingError` (the stream stays usable), `CorruptPieceError` for
   * another length, `HolderStalledError`, `ProtocolError`, `StreamClosedError`.
   */
  request(segment: number, shard: number, sizeBytes: number): Promise<ReceivedPiece> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#inFlightBytes += sizeBytes
    const answer = new Promise<ReceivedPiece>((resolve, reject) => {
      this.#wanted.push({ segment, shard, sizeBytes, resolve, reject })
    })
    sendRequest(this.#stream, { type: 'want', segment, shard }).catch((error: unknown) => this.#fail(error))
    void this.#read()
    return answer
  }

  /** Ends the stream; whatever is still asked for fails with `StreamClosedError`. */
  close(): void {
    this.#fail(new StreamClosedError('closed by us'))
  }

  async #read(): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    const unwatch = this.#watch()
    try {
      for (let wanted = this.#wanted[0]; wanted !== undefined; wanted = this.#wanted[0]) {
        await this.#readOne(wanted)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      unwatch()
      this.#reading = false
    }
  }

  async #readOne(wanted: Wanted): Promise<void> {
    const answer = answerOf(await this.#stream.receive())
    if (answer.type !== 'piece' && answer.type !== 'none') throw new ProtocolError('expected a piece')
    if (answer.segment !== wanted.segment || answer.shard !== wanted.shard) {
      throw new ProtocolError('a piece that was not asked for, or out of order')
    }
    if (answer.type === 'none') {
      this.#settle(wanted)
      wanted.reject(new PieceMissingError('the holder does not have this piece'))
      return
    }
    if (answer.sizeBytes !== wanted.sizeBytes) {
      throw new CorruptPieceError(`expected a piece of ${wanted.sizeBytes} bytes, got ${answer.sizeBytes}`)
    }
    const bytes = await receiveChunks(() => this.#stream.receive(), wanted.sizeBytes)
    this.#settle(wanted)
    wanted.resolve({ bytes, path: answer.path })
  }

  /** Gives up when no byte has come for {@link stallTimeoutMs}, until the returned function is called. */
  #watch(): () => void {
    let cancel = (): void => {}
    let movedAt = this.#clock.now()
    let seenBytes = this.#stream.receivedBytes
    const look = (): void => {
      const now = this.#clock.now()
      if (this.#stream.receivedBytes !== seenBytes) movedAt = now
      seenBytes = this.#stream.receivedBytes
      if (now - movedAt >= stallTimeoutMs) return this.#fail(stalled())
      cancel = this.#clock.after(stallTimeoutMs / 5, look)
    }
    look()
    return () => cancel()
  }

  #settle(wanted: Wanted): void {
    this.#wanted.shift()
    this.#inFlightBytes -= wanted.sizeBytes
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error instanceof Error ? error : new Error(errorName(error))
    this.#stream.abort(this.#failure)
    for (const wanted of this.#wanted.splice(0)) wanted.reject(this.#failure)
    this.#inFlightBytes = 0
  }
}

/** Silence of a holder has its own name: it is replaced, not blamed. */
function stalled(cause?: unknown): HolderStalledError {
  return new HolderStalledError(`the holder was silent for ${stallTimeoutMs} ms`, { cause })
}
