import type { Clock } from '../base/clock.ts'
import { ProtocolError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { MeshStream } from '../mesh/index.ts'
import type { Room } from '../room/index.ts'
import { chatProtocol, maxChatFrameBytes, maxSessionsPerPeer, streamRate } from './constants.ts'
import type { ChatMessage } from './messages.ts'
import { ChatStream } from './protocol.ts'
import { RateGate } from './rate.ts'
import { Session, type SessionInit } from './session.ts'

export interface SessionsInit {
  readonly room: Room
  readonly clock: Clock
  readonly session: SessionInit
  readonly onNotice: (notice: Extract<ChatMessage, { t: 'notice' }>, from: PeerId) => void
  /** A session the peer opened ran to its end; `more` when a bound stopped it early. */
  readonly onServed: (peer: PeerId, more: boolean) => void
}

/** Peers whose stream rate is remembered. */
const maxRatedPeers = 256

/** Both ends of chat streams: opens sessions, answers those of others within bounds (SPEC CH-12). */
export class Sessions {
  readonly #init: SessionsInit
  readonly #rate = new RateGate(streamRate, maxRatedPeers)
  readonly #served = new Map<PeerId, number>()
  readonly #open = new Set<ChatStream>()
  #off: (() => void) | undefined

  constructor(init: SessionsInit) {
    this.#init = init
  }

  start(): void {
    this.#off = this.#init.room.handle(chatProtocol, (stream) => this.#answer(stream), {
      maxFrameBytes: maxChatFrameBytes,
      overRelay: true,
    })
  }

  stop(): void {
    this.#off?.()
    this.#off = undefined
    for (const channel of [...this.#open]) channel.abort(new ProtocolError('chat stops'))
  }

  /** Compares holdings with a peer; true when a bound stopped it before we had everything. Throws as `Session.run` does. */
  async open(peer: PeerId): Promise<boolean> {
    const stream = await this.#init.room.openStream(peer, chatProtocol, {
      maxFrameBytes: maxChatFrameBytes,
      overRelay: true,
    })
    return this.#with(stream, async (channel) => {
      const { more } = await new Session(channel, this.#init.session).run()
      return more
    })
  }

  async #answer(stream: MeshStream): Promise<void> {
    const { peer } = stream
    const open = this.#served.get(peer) ?? 0
    if (open >= maxSessionsPerPeer || !this.#rate.take(peer, this.#init.clock.now())) {
      throw new ProtocolError('too many chat streams')
    }
    this.#served.set(peer, open + 1)
    try {
      await this.#with(stream, (channel) => this.#serve(channel))
    } finally {
      const left = (this.#served.get(peer) ?? 1) - 1
      if (left > 0) this.#served.set(peer, left)
      else this.#served.delete(peer)
    }
  }

  async #serve(channel: ChatStream): Promise<void> {
    const { peer } = channel.stream
    let message = await channel.receive()
    if (message?.t === 'heads') {
      const { more } = await new Session(channel, this.#init.session).run(message)
      this.#init.onServed(peer, more)
      return
    }
    for (; message !== undefined; message = await channel.receive()) {
      if (message.t !== 'notice') throw new ProtocolError(`${message.t} out of order`)
      this.#init.onNotice(message, peer)
    }
    await channel.close()
  }

  async #with<T>(stream: MeshStream, run: (channel: ChatStream) => Promise<T>): Promise<T> {
    const channel = new ChatStream(stream, this.#init.clock)
    this.#open.add(channel)
    try {
      return await run(channel)
    } catch (error) {
      channel.abort(error)
      throw error
    } finally {
      this.#open.delete(channel)
    }
  }
}
