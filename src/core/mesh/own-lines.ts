import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../base/ids.ts'
import { maxOwnLines } from './constants.ts'
import { NoLinkError } from './errors.ts'
import { pathOf } from './link-table.ts'

interface OwnLinesInit {
  readonly connections: (peer: PeerId) => readonly Connection[]
  /** Makes one more direct connection to a linked peer. */
  readonly dial: (peer: PeerId, signal: AbortSignal) => Promise<Connection>
}

/** Direct connections besides a peer's link, each made for one stream (SPEC ME-15). */
export class OwnLines {
  readonly #init: OwnLinesInit
  readonly #lines = new Map<PeerId, Set<Connection>>()
  /** Peers being dialled: libp2p would join a second dial to the first. */
  readonly #dialling = new Set<PeerId>()

  constructor(init: OwnLinesInit) {
    this.#init = init
  }

  /** One more connection, which its user closes. Throws `NoLinkError` when there is no direct link or there are enough, and what dialling throws. */
  async open(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const { connections, dial } = this.#init
    const lines = this.#lines.get(peer) ?? new Set()
    const before = [...connections(peer)]
    // The signalling of the new one goes over what stands, so that no relay need carry it.
    const isLinked = before.length > 0 && before.every((one) => pathOf(one) === 'direct')
    if (!isLinked) throw new NoLinkError(`no direct link to ${peer} alone`)
    if (this.#dialling.has(peer) || lines.size >= maxOwnLines)
      throw new NoLinkError(`enough lines to ${peer}`)
    this.#dialling.add(peer)
    try {
      const line = await dial(peer, signal)
      if (before.includes(line) || pathOf(line) !== 'direct') throw new NoLinkError(`no line to ${peer}`)
      this.#lines.set(peer, lines.add(line))
      line.addEventListener('close', () => this.#forget(peer, line), { once: true })
      if (line.status !== 'open') this.#forget(peer, line)
      return line
    } finally {
      this.#dialling.delete(peer)
    }
  }

  #forget(peer: PeerId, line: Connection): void {
    const lines = this.#lines.get(peer)
    lines?.delete(line)
    if (lines?.size === 0) this.#lines.delete(peer)
  }
}
