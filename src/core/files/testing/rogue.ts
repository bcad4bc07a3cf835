import type { Bytes } from '../../base/bytes.ts'
import type { FileId } from '../../base/ids.ts'
import type { Identity } from '../../identity/index.ts'
import { testIdentity } from '../../identity/testing/test-identity.ts'
import type { MeshStream } from '../../mesh/index.ts'
import type { LoopbackRoom } from '../../room/testing/loopback-room.ts'
import type { ShardStore, StoredPiece } from '../../storage/index.ts'
import { filesProtocol, maxRequestFrameBytes, receiptsTopic } from '../constants.ts'
import { decodeRequest, encodeAnswer, encodeGossip, type Answer, type Request } from '../messages.ts'
import { sendChunks } from '../protocol.ts'
import { signReceipt } from '../receipts.ts'
import type { Party } from './party.ts'

/** What a rogue does with one request; undefined frames are simply not sent. */
export type Misdeed = (request: Request, stream: MeshStream, rogue: Rogue) => Promise<void>

/** A member who is admitted and speaks the protocol by hand, mostly wrongly. */
export class Rogue {
  readonly identity: Identity
  readonly room: LoopbackRoom
  /** Requests it was sent. */
  readonly heard: Request[] = []

  private constructor(identity: Identity, room: LoopbackRoom, misdeed: Misdeed) {
    this.identity = identity
    this.room = room
    room.handle(filesProtocol, (stream) => this.#serve(stream, misdeed), {
      maxFrameBytes: maxRequestFrameBytes,
    })
  }

  static async join(party: Party, name: string, person: number, misdeed: Misdeed): Promise<Rogue> {
    const identity = await testIdentity(person)
    return new Rogue(identity, await party.rooms.join(name, identity.account), misdeed)
  }

  /** Signs a claim to hold shards. */
  async receipt(file: FileId, shards: readonly number[], at = 1): Promise<Bytes> {
    return (await signReceipt(this.identity, { room: this.room.id, file, shards, at })).bytes
  }

  async gossip(file: FileId, shards: readonly number[], at = 1): Promise<void> {
    await this.room.publish(receiptsTopic, encodeGossip([await this.receipt(file, shards, at)]))
  }

  async #serve(stream: MeshStream, misdeed: Misdeed): Promise<void> {
    for (;;) {
      const frame = await stream.receive()
      if (frame === undefined) return await stream.close()
      const request = decodeRequest(frame)
      this.heard.push(request)
      await misdeed(request, stream, this)
    }
  }
}

/**
 * A holder that answers from an honest member's store, except that `spoil` may change each piece, or return undefined and
 * send what it likes itself.
 */
export function holding(
  shards: readonly number[],
  store: ShardStore,
  file: FileId,
  spoil: (piece: StoredPiece, stream: MeshStream) => Promise<StoredPiece | undefined>,
): Misdeed {
  return async (request, stream, rogue) => {
    const say = (answer: Answer): Promise<void> => stream.send(encodeAnswer(answer))
    if (request.type === 'have') {
      for (const asked of request.files) {
        const receipts = asked === file ? [await rogue.receipt(file, shards)] : []
        await say({ type: 'holdings', file: asked, receipts })
      }
    } else if (request.type === 'manifest') {
      const manifest = request.file === file ? (await store.file(file))?.manifest : undefined
      if (manifest === undefined) return await say({ type: 'refused', reason: 'unknown' })
      await say({ type: 'manifest', sizeBytes: manifest.byteLength })
      await sendChunks(stream, manifest)
    } else if (request.type === 'pieces') {
      await say({ type: 'ready' })
    } else if (request.type === 'want') {
      const { segment, shard } = request
      const honest = await store.piece(file, segment, shard)
      const piece = honest === undefined ? undefined : await spoil(honest, stream)
      if (piece === undefined) return
      await say({ type: 'piece', segment, shard, sizeBytes: piece.bytes.byteLength, path: piece.path })
      await sendChunks(stream, piece.bytes)
    } else {
      await say({ type: 'refused', reason: 'unknown' })
    }
  }
}
