import type { Clock } from '../base/clock.ts'
import { errorName, ProtocolError } from '../base/errors.ts'
import { within } from '../base/wait.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { PiecePosition, StoredPiece } from '../storage/index.ts'
import { idleTimeoutMs, maxPiecesPerRead, maxReadAtOnceBytes, maxWantsQueued } from './constants.ts'
import { decodeRequest } from './messages.ts'
import { sendAnswer, sendChunks } from './protocol.ts'

/** What answering wants draws on. */
export interface PieceServerComponents {
  readonly clock: Clock
  /** The longest piece of the file. */
  readonly pieceBytes: number
  readonly read: (positions: readonly PiecePosition[]) => Promise<readonly (StoredPiece | undefined)[]>
}

/**
 * Answers the wants of one stream in the order they came until the asking end closes (FI-5). Wants that wait are read from the
 * store together, while the pieces before them are being sent (FI-31). Throws stream errors, `ProtocolError`, `TimeoutError`.
 */
export async function servePieces(
  { clock, pieceBytes, read }: PieceServerComponents,
  stream: MeshStream,
): Promise<void> {
  const wants = new WantQueue(stream)
  const most = Math.max(1, Math.min(maxPiecesPerRead, Math.floor(maxReadAtOnceBytes / pieceBytes)))
  const readNext = async (): Promise<readonly Answerable[]> => {
    const group = await wants.take(most)
    const pieces = await read(group)
    return group.map((want, i) => ({ want, piece: pieces[i] }))
  }
  for (let next = readNext(); ;) {
    // Counted from here: while pieces are on their way a slow receiver has no reason to ask for more.
    const group = await waitFor(next, stream, clock)
    if (group.length === 0) return
    next = readNext()
    next.catch(() => {}) // met when its turn comes
    for (const answerable of group) await answer(stream, answerable)
  }
}

interface Answerable {
  readonly want: PiecePosition
  readonly piece: StoredPiece | undefined
}

async function waitFor<T>(next: Promise<T>, stream: MeshStream, clock: Clock): Promise<T> {
  try {
    return await within(next, 'a request', { clock, timeoutMs: idleTimeoutMs })
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(errorName(error)))
    throw error
  }
}

async function answer(stream: MeshStream, { want, piece }: Answerable): Promise<void> {
  const { segment, shard } = want
  if (piece === undefined) return await sendAnswer(stream, { type: 'none', segment, shard })
  const { bytes, path } = piece
  // In one turn, so that they travel together.
  const said = sendAnswer(stream, { type: 'piece', segment, shard, sizeBytes: bytes.byteLength, path })
  await Promise.all([said, sendChunks(stream, bytes)])
}

/** Wants of a stream as they come, at most {@link maxWantsQueued} of them: the rest waits in the stream, which is bounded too. */
class WantQueue {
  readonly #stream: MeshStream
  #queue: PiecePosition[] = []
  #isEnded = false
  #error: Error | undefined
  /** Wakes whoever waits for the queue to change: either the listener or the taker. */
  #wake: () => void = () => {}

  constructor(stream: MeshStream) {
    this.#stream = stream
    void this.#listen()
  }

  /** Up to `most` wants, at least one; none once the asking end is done. Throws what ended the stream. */
  async take(most: number): Promise<readonly PiecePosition[]> {
    while (this.#queue.length === 0 && !this.#isEnded) await this.#change()
    const taken = this.#queue.splice(0, most)
    if (taken.length === 0 && this.#error !== undefined) throw this.#error
    this.#wake()
    return taken
  }

  async #listen(): Promise<void> {
    try {
      for (;;) {
        while (this.#queue.length >= maxWantsQueued) await this.#change()
        const frame = await this.#stream.receive()
        if (frame === undefined) return
        const request = decodeRequest(frame)
        if (request.type !== 'want') throw new ProtocolError('expected a want')
        this.#queue.push({ segment: request.segment, shard: request.shard })
        this.#wake()
      }
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(errorName(error))
    } finally {
      this.#isEnded = true
      this.#wake()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
