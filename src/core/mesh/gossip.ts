import * as v from 'valibot'
import { toBase64Url, type Bytes } from '../base/bytes.ts'
import { InvalidMessageError } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import { byteString, fromCbor, text, toCbor } from '../base/wire/cbor.ts'
import { gossipProtocol, maxGossipBacklogBytes, maxGossipBytes, seenMessages } from './constants.ts'
import type { Mesh, MeshStream } from './index.ts'

type Listener = (payload: Bytes, from: PeerId) => void
type Links = Pick<Mesh, 'openStream' | 'handle' | 'links' | 'isAdmitted'>

const maxFrameBytes = maxGossipBytes + 256
const message = v.strictObject({ t: text(64, 1), p: byteString(0, maxGossipBytes) })

interface Neighbour {
  readonly stream: MeshStream
  backlogBytes: number
}

/**
 * Floods each message once over the links to admitted peers (SPEC ME-6). One stream a neighbour carries our messages to it;
 * theirs come on the stream they open. A message seen before, by the hash of its frame, is not passed on.
 */
export class Gossip {
  readonly #links: Links
  readonly #topics = new Map<string, Set<Listener>>()
  readonly #neighbours = new Map<PeerId, Promise<Neighbour | undefined>>()
  readonly #seen = new Set<string>()
  #stopHandling: () => void = () => undefined

  constructor(links: Links) {
    this.#links = links
  }

  start(): void {
    this.#stopHandling = this.#links.handle(gossipProtocol, (stream) => this.#read(stream), {
      maxFrameBytes,
      overRelay: true,
    })
  }

  stop(): void {
    this.#stopHandling()
    for (const peer of [...this.#neighbours.keys()]) this.forget(peer)
  }

  /** Ends our stream to a neighbour whose link is gone, changed or no longer admitted. */
  forget(peer: PeerId): void {
    const neighbour = this.#neighbours.get(peer)
    this.#neighbours.delete(peer)
    void neighbour?.then((known) => known?.stream.close())
  }

  subscribe(topic: string, listener: Listener): () => void {
    const set = this.#topics.get(topic) ?? new Set<Listener>()
    set.add(listener)
    this.#topics.set(topic, set)
    return () => void set.delete(listener)
  }

  /** Throws `InvalidMessageError` when the payload is over the bound. */
  async publish(topic: string, payload: Uint8Array): Promise<void> {
    if (payload.byteLength > maxGossipBytes) {
      throw new InvalidMessageError(`expected at most ${maxGossipBytes} bytes, got ${payload.byteLength}`)
    }
    const frame = toCbor({ t: topic, p: payload })
    await this.#firstSight(frame)
    await this.#spread(frame, undefined)
  }

  async #read(stream: MeshStream): Promise<void> {
    for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
      const { t, p } = fromCbor(frame, message, maxFrameBytes)
      if (!(await this.#firstSight(frame))) continue
      for (const listener of this.#topics.get(t) ?? []) listener(p, stream.peer)
      // A topic nobody here knows belongs to another room: not ours to carry.
      if (this.#topics.has(t)) void this.#spread(frame, stream.peer)
    }
    await stream.close()
  }

  async #firstSight(frame: Bytes): Promise<boolean> {
    const hash = toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', frame)))
    if (this.#seen.has(hash)) return false
    this.#seen.add(hash)
    const oldest = this.#seen.values().next()
    if (this.#seen.size > seenMessages && oldest.done !== true) this.#seen.delete(oldest.value)
    return true
  }

  async #spread(frame: Bytes, from: PeerId | undefined): Promise<void> {
    const peers = this.#links.links().filter(({ peer }) => peer !== from && this.#links.isAdmitted(peer))
    await Promise.all(peers.map(({ peer }) => this.#sendTo(peer, frame)))
  }

  async #sendTo(peer: PeerId, frame: Bytes): Promise<void> {
    const neighbour = await this.#neighbour(peer)
    if (neighbour === undefined || neighbour.backlogBytes > maxGossipBacklogBytes) return
    neighbour.backlogBytes += frame.byteLength
    try {
      await neighbour.stream.send(frame)
    } catch {
      this.forget(peer) // the next message opens a new stream; the logs make up for this one
    } finally {
      neighbour.backlogBytes -= frame.byteLength
    }
  }

  #neighbour(peer: PeerId): Promise<Neighbour | undefined> {
    const known = this.#neighbours.get(peer)
    if (known !== undefined) return known
    const opening = this.#open(peer)
    this.#neighbours.set(peer, opening)
    void opening.then((neighbour) => {
      if (neighbour === undefined && this.#neighbours.get(peer) === opening) this.#neighbours.delete(peer)
    })
    return opening
  }

  async #open(peer: PeerId): Promise<Neighbour | undefined> {
    try {
      const stream = await this.#links.openStream(peer, gossipProtocol, {
        maxFrameBytes: 64,
        overRelay: true,
      })
      const gone = (): void => {
        if (this.#neighbours.get(peer) === opened) this.#neighbours.delete(peer)
      }
      const opened = this.#neighbours.get(peer)
      stream.signal.addEventListener('abort', gone, { once: true })
      return { stream, backlogBytes: 0 }
    } catch {
      return undefined // no link any more, or not admitted over there yet
    }
  }
}
