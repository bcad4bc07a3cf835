import { errorName } from '../base/errors.ts'
import type { Bytes } from '../base/bytes.ts'
import type { PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Room } from '../room/index.ts'
import {
  chatProtocol,
  maxChatFrameBytes,
  maxAnswerBytes,
  maxNoticeItems,
  maxNoticesWaiting,
} from './constants.ts'
import type { LiveItem } from './gossip.ts'
import { encodeChatMessage } from './messages.ts'

/**
 * Brings live items to members that gossip does not reach: those on relayed links (SPEC CH-11). Best effort; what does
 * not get through is left to the next comparison.
 */
export class Notices {
  readonly #room: Room
  readonly #logger: Logger
  readonly #waiting = new Map<PeerId, LiveItem[]>()
  readonly #sending = new Set<PeerId>()

  constructor(room: Room, logger: Logger) {
    this.#room = room
    this.#logger = logger
  }

  send(item: LiveItem): void {
    for (const { peer, path } of this.#room.members()) {
      if (path !== 'relayed') continue
      const waiting = this.#waiting.get(peer) ?? []
      if (waiting.length >= maxNoticesWaiting) continue
      waiting.push(item)
      this.#waiting.set(peer, waiting)
      if (!this.#sending.has(peer)) void this.#run(peer)
    }
  }

  stop(): void {
    this.#waiting.clear()
  }

  async #run(peer: PeerId): Promise<void> {
    this.#sending.add(peer)
    try {
      const stream = await this.#room.openStream(peer, chatProtocol, {
        maxFrameBytes: maxChatFrameBytes,
        overRelay: true,
      })
      for (let frame = this.#next(peer); frame !== undefined; frame = this.#next(peer))
        await stream.send(frame)
      await stream.close()
    } catch (error) {
      this.#waiting.delete(peer)
      this.#logger('debug', 'chat.notice-failed', { peer, error: errorName(error) })
    } finally {
      this.#sending.delete(peer)
      if (this.#waiting.has(peer)) void this.#run(peer) // came in while the stream was closing
    }
  }

  #next(peer: PeerId): Bytes | undefined {
    const waiting = this.#waiting.get(peer) ?? []
    const items: LiveItem[] = []
    let bytes = 0
    for (const item of waiting) {
      bytes += item.bytes.byteLength
      if (items.length >= maxNoticeItems || (bytes > maxAnswerBytes && items.length > 0)) break
      items.push(item)
    }
    waiting.splice(0, items.length)
    if (waiting.length === 0) this.#waiting.delete(peer)
    if (items.length === 0) return undefined
    const of = (kind: LiveItem['kind']): Bytes[] =>
      items.filter((item) => item.kind === kind).map((item) => item.bytes)
    return encodeChatMessage({ t: 'notice', entries: of('entry'), receipts: of('receipt') })
  }
}
