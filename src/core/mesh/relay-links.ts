import type { Connection, Libp2p, Libp2pEvents } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { within } from '../base/wait.ts'
import { dialTimeoutMs, maxRelayAddresses, reservationTimeoutMs } from './constants.ts'
import { RelayUnreachableError } from './errors.ts'

interface RelayLinksInit {
  readonly node: () => Libp2p | undefined
  /** Addresses to try, asked again before each try. */
  readonly addresses: () => Promise<readonly string[]>
  /** Told of each address before it is dialled. */
  readonly onDial: (address: string) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** The connections to relays: who counts as one, dialling them, and asking all that answer. */
export class RelayLinks {
  readonly #init: RelayLinksInit
  readonly #ids = new Set<string>()
  #wanted: ReadonlySet<string> = new Set()

  constructor(init: RelayLinksInit) {
    this.#init = init
  }

  /** Whether a peer is one of the relays. */
  has(peer: string): boolean {
    return this.#ids.has(peer)
  }

  /** Those connected now. */
  connections(): readonly Connection[] {
    const all = this.#init.node()?.getConnections() ?? []
    return all.filter(({ remotePeer, status }) => status === 'open' && this.has(remotePeer.toString()))
  }

  /** Dials every relay known now; resolves when all have answered or failed. */
  async tryAll(): Promise<void> {
    await this.#dial(await this.#init.addresses().catch((): readonly string[] => []))
  }

  /** True while a relay is connected and, when some were asked for by {@link reach}, one of those. */
  hasAll(): boolean {
    return this.connections().length > 0 && (this.#wanted.size === 0 || this.#isReached())
  }

  /** Wants one of these relays from now on. Throws `RelayUnreachableError` when none of them answers now. */
  async reach(addresses: readonly string[]): Promise<void> {
    this.#wanted = new Set(addresses.map(idOf))
    if (addresses.length === 0 || this.#isReached()) return
    await this.#dial(addresses)
    if (!this.#isReached())
      throw new RelayUnreachableError(`none of ${String(addresses.length)} addresses answers`)
  }

  #isReached(): boolean {
    return this.connections().some(({ remotePeer }) => this.#wanted.has(remotePeer.toString()))
  }

  /** All addresses of one relay are one dial; libp2p takes them in its own order of preference. */
  async #dial(addresses: readonly string[]): Promise<void> {
    const byRelay = new Map<string, string[]>()
    for (const address of addresses.slice(0, maxRelayAddresses)) {
      const id = idOf(address)
      byRelay.set(id, [...(byRelay.get(id) ?? []), address])
    }
    await Promise.all([...byRelay].map(([id, own]) => this.#dialOne(id, own)))
  }

  async #dialOne(id: string, addresses: readonly string[]): Promise<void> {
    const node = this.#init.node()
    if (node === undefined || id === '' || id === node.peerId.toString()) return
    this.#ids.add(id)
    try {
      for (const address of addresses) this.#init.onDial(address)
      const targets = addresses.map((address) => multiaddr(address))
      await node.dial(targets, { signal: AbortSignal.timeout(dialTimeoutMs * 2) })
    } catch (error) {
      this.#init.logger('debug', 'relay not reached', { error: errorName(error) })
    }
  }

  /** Asks every connected relay; one answer is enough. Throws `RelayUnreachableError`. */
  async ask<T>(question: (relay: Connection) => Promise<T>): Promise<T[]> {
    const results = await Promise.allSettled(this.connections().map(question))
    const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    if (answers.length === 0) throw new RelayUnreachableError('no relay answers', { cause: results[0] })
    return answers
  }

  /** Waits until a relay is connected. Throws `TimeoutError`, `AbortError`, `RelayUnreachableError`. */
  connected(signal: AbortSignal | undefined): Promise<void> {
    return this.#until('a relay', ['connection:open'], () => this.connections().length > 0, signal)
  }

  /** Waits until a reservation has given us an address others can dial. Throws as {@link connected}. */
  reserved(signal: AbortSignal | undefined): Promise<void> {
    const has = (): boolean =>
      this.#node()
        .getMultiaddrs()
        .some((address) => address.toString().includes('/p2p-circuit'))
    // The address is there in the turn after the listener says so; `self:peer:update` comes a second later.
    return this.#until('a reservation', ['transport:listening', 'self:peer:update'], has, signal)
  }

  async #until(
    what: string,
    events: readonly (keyof Libp2pEvents)[],
    isSo: () => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const node = this.#node()
    if (isSo()) return
    const done = new AbortController()
    const happened = new Promise<void>((resolve) => {
      const look = (): void => void queueMicrotask(() => isSo() && resolve())
      for (const event of events) node.addEventListener(event, look, { signal: done.signal })
    })
    try {
      await within(happened, what, { clock: this.#init.clock, timeoutMs: reservationTimeoutMs, signal })
    } finally {
      done.abort()
    }
  }

  #node(): Libp2p {
    const node = this.#init.node()
    if (node === undefined) throw new RelayUnreachableError('the mesh is not started')
    return node
  }
}

function idOf(address: string): string {
  return address.split('/p2p/').at(-1) ?? ''
}
