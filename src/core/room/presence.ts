import type { PeerId } from '../base/ids.ts'
import type { Mesh, MeshStream, PeerAddress } from '../mesh/index.ts'
import { maxPresenceFrameBytes, presenceProtocol } from './constants.ts'
import { decodePresence, encodePresence, type PresenceMessage } from './messages.ts'

interface PresenceInit {
  readonly mesh: Pick<Mesh, 'openStream' | 'handle' | 'link'>
  /** What we say of ourselves to this peer now. */
  readonly state: (peer: PeerId) => { readonly name: string; readonly direct: boolean }
  /** Whom else we know, told once on every new stream. */
  readonly peers: (besides: PeerId) => readonly PeerAddress[]
  readonly onMessage: (peer: PeerId, message: PresenceMessage) => void
}

/**
 * One stream to each member on which we tell our state; theirs comes on the stream they open (SPEC RO-8). A stream that
 * broke is opened again by the next {@link tell}.
 */
export class Presence {
  readonly #init: PresenceInit
  readonly #streams = new Map<PeerId, MeshStream>()
  readonly #opening = new Map<PeerId, Promise<void>>()
  #stopHandling: () => void = () => undefined

  constructor(init: PresenceInit) {
    this.#init = init
  }

  start(): void {
    this.#stopHandling = this.#init.mesh.handle(presenceProtocol, (stream) => this.#read(stream), {
      maxFrameBytes: maxPresenceFrameBytes,
      overRelay: true,
    })
  }

  stop(): void {
    this.#stopHandling()
    for (const stream of this.#streams.values()) void stream.close()
    this.#streams.clear()
  }

  /** Tells a member our state, opening a stream when there is none. Best effort: a lost link tells again when it is back. */
  async tell(peer: PeerId): Promise<void> {
    const link = this.#init.mesh.link(peer)
    if (link === undefined) return
    const known = this.#streams.get(peer)
    // A stream on the relayed link ends with it: move to the direct one as soon as there is one.
    if (known === undefined || (known.path === 'relayed' && link.path === 'direct')) await this.#open(peer)
    await this.#send(peer, { t: 'state', ...this.#init.state(peer) })
  }

  #open(peer: PeerId): Promise<void> {
    const running = this.#opening.get(peer)
    if (running !== undefined) return running
    const opening = this.#openNow(peer).finally(() => this.#opening.delete(peer))
    this.#opening.set(peer, opening)
    return opening
  }

  async #openNow(peer: PeerId): Promise<void> {
    try {
      const stream = await this.#init.mesh.openStream(peer, presenceProtocol, {
        maxFrameBytes: 64,
        overRelay: true,
      })
      const old = this.#streams.get(peer)
      this.#streams.set(peer, stream)
      stream.signal.addEventListener(
        'abort',
        () => this.#streams.get(peer) === stream && this.#streams.delete(peer),
      )
      void old?.close()
      await this.#send(peer, { t: 'peers', peers: this.#init.peers(peer) })
    } catch {
      // No link any more, or not admitted there yet: the next change tells again.
    }
  }

  /** Tells a member of one more peer. */
  async introduce(peer: PeerId, other: PeerAddress): Promise<void> {
    await this.#send(peer, { t: 'peers', peers: [other] })
  }

  /** Says goodbye on every open stream, in this turn: the page may be gone in the next. */
  goodbye(): void {
    for (const peer of this.#streams.keys()) void this.#send(peer, { t: 'bye' })
  }

  forget(peer: PeerId): void {
    void this.#streams.get(peer)?.close()
    this.#streams.delete(peer)
  }

  async #send(peer: PeerId, message: PresenceMessage): Promise<void> {
    const stream = this.#streams.get(peer)
    try {
      await stream?.send(encodePresence(message))
    } catch {
      if (this.#streams.get(peer) === stream) this.#streams.delete(peer)
    }
  }

  async #read(stream: MeshStream): Promise<void> {
    for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
      this.#init.onMessage(stream.peer, decodePresence(frame))
    }
    await stream.close()
  }
}
