import type { Clock } from '../base/clock.ts'
import { errorName, ProtocolError } from '../base/errors.ts'
import type { FileId, PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Member, Room } from '../room/index.ts'
import {
  answerTimeoutMs,
  filesProtocol,
  idleTimeoutMs,
  maxHaveFrames,
  maxReceiptsPerAnswer,
  maxRequestFrameBytes,
  maxStreamsPerPeer,
  maxStreamsServed,
} from './constants.ts'
import type { PiecePosition } from '../storage/index.ts'
import type { Library } from './library.ts'
import type { Request } from './messages.ts'
import { nextRequest, sendAnswer, sendChunks, type WaitOptions } from './protocol.ts'
import { servePieces } from './serve-pieces.ts'
import type { Receipt } from './receipts.ts'

type Offer = Extract<Request, { type: 'offer' }>

/** What the answering end draws on. */
export interface ServeComponents {
  readonly room: Room
  readonly clock: Clock
  readonly logger: Logger
  readonly library: Library
  /** Our own receipt of a file first, then what we know of others. */
  readonly receiptsOf: (file: FileId) => Promise<readonly Receipt[]>
  /** A member asked something, so it has its files part running. */
  readonly onRequest: (member: Member) => void
  /** Bytes that this device still gives to others. */
  readonly freeBytes: () => Promise<number>
  /** Answers an offer on its stream and pulls what it accepted. */
  readonly onOffer: (member: Member, offer: Offer, stream: MeshStream) => Promise<void>
}

/** The answering end of `/tessera/files/1` (FI-2 to FI-6): bounded streams, each with one kind of request. */
export class FilesServer {
  readonly #components: ServeComponents
  readonly #streams = new Map<PeerId, Set<MeshStream>>()
  #unhandle: () => void = () => {}

  constructor(components: ServeComponents) {
    this.#components = components
  }

  start(): void {
    this.#unhandle = this.#components.room.handle(filesProtocol, (stream) => this.#serve(stream), {
      maxFrameBytes: maxRequestFrameBytes,
    })
  }

  stop(): void {
    this.#unhandle()
    for (const streams of this.#streams.values()) {
      for (const stream of streams) stream.abort(new ProtocolError('files stopped'))
    }
    this.#streams.clear()
  }

  async #serve(stream: MeshStream): Promise<void> {
    const member = this.#components.room.member(stream.peer)
    if (member === undefined) throw new ProtocolError('peer is no member of the room')
    if (!this.#admit(stream)) {
      await sendAnswer(stream, { type: 'refused', reason: 'busy' })
      await stream.close()
      return
    }
    try {
      await this.#answer(member, stream)
      await stream.close()
    } catch (error) {
      this.#components.logger('debug', 'files stream failed', { peer: stream.peer, error: errorName(error) })
      throw error // the mesh aborts the stream
    } finally {
      const ofPeer = this.#streams.get(stream.peer)
      ofPeer?.delete(stream)
      if (ofPeer?.size === 0) this.#streams.delete(stream.peer)
    }
  }

  #admit(stream: MeshStream): boolean {
    const ofPeer = this.#streams.get(stream.peer) ?? new Set()
    let total = 0
    for (const streams of this.#streams.values()) total += streams.size
    if (ofPeer.size >= maxStreamsPerPeer || total >= maxStreamsServed) return false
    this.#streams.set(stream.peer, ofPeer.add(stream))
    return true
  }

  async #answer(member: Member, stream: MeshStream): Promise<void> {
    const { clock } = this.#components
    const first = await nextRequest(stream, { clock, timeoutMs: answerTimeoutMs })
    if (first === undefined) return
    this.#components.onRequest(member)
    switch (first.type) {
      case 'have':
        return await this.#answerHave(stream, first.files)
      case 'manifest':
        return await this.#answerManifest(stream, first.file)
      case 'pieces':
        return await this.#answerPieces(stream, first.file)
      case 'offer':
        return await this.#components.onOffer(member, first, stream)
      case 'space':
        return await sendAnswer(stream, { type: 'space', freeBytes: await this.#components.freeBytes() })
      case 'want':
        throw new ProtocolError('a piece was asked for before its file was named')
    }
  }

  async #answerHave(stream: MeshStream, files: readonly FileId[]): Promise<void> {
    const wait: WaitOptions = { clock: this.#components.clock, timeoutMs: idleTimeoutMs }
    let asked: readonly FileId[] = files
    for (let frames = 1; ; frames++) {
      for (const file of asked) {
        const receipts = (await this.#components.receiptsOf(file)).slice(0, maxReceiptsPerAnswer)
        await sendAnswer(stream, { type: 'holdings', file, receipts: receipts.map(({ bytes }) => bytes) })
      }
      const next = await nextRequest(stream, wait)
      if (next === undefined) return
      if (next.type !== 'have') throw new ProtocolError('expected another have')
      if (frames >= maxHaveFrames) throw new ProtocolError('too many have frames in one stream')
      asked = next.files
    }
  }

  async #answerManifest(stream: MeshStream, file: FileId): Promise<void> {
    const bytes = await this.#components.library.manifest(file)
    if (bytes === undefined) return await sendAnswer(stream, { type: 'refused', reason: 'unknown' })
    await sendAnswer(stream, { type: 'manifest', sizeBytes: bytes.byteLength })
    await sendChunks(stream, bytes)
  }

  async #answerPieces(stream: MeshStream, file: FileId): Promise<void> {
    const kept = this.#components.library.get(file)
    if (kept === undefined) {
      return await sendAnswer(stream, { type: 'refused', reason: 'unknown' })
    }
    await sendAnswer(stream, { type: 'ready' })
    const { clock, library } = this.#components
    const read = (positions: readonly PiecePosition[]): ReturnType<Library['pieces']> =>
      library.pieces(file, positions)
    await servePieces({ clock, pieceBytes: kept.longestPieceBytes, read }, stream)
  }
}
