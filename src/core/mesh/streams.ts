import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { Clock } from '../base/clock.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { PeerId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { signalWithin } from '../base/wait.ts'
import { dialTimeoutMs, maxStreamsPerProtocol, openStreamTimeoutMs } from './constants.ts'
import { NoLinkError, ProtocolUnsupportedError, StreamClosedError } from './errors.ts'
import { FramedStream } from './framed-stream.ts'
import type { HandleOptions, MeshStream, OpenOptions, StreamHandler } from './index.ts'
import { LineRate } from './line-rate.ts'
import { bestOf, pathOf } from './link-table.ts'
import { OwnLines } from './own-lines.ts'

interface StreamsInit {
  readonly node: () => Libp2p | undefined
  readonly connections: (peer: PeerId) => readonly Connection[]
  /** Makes one more direct connection to a linked peer. */
  readonly dialAnother: (peer: PeerId, signal: AbortSignal) => Promise<Connection>
  readonly isAdmitted: (peer: PeerId) => boolean
  readonly clock: Clock
  readonly logger: Logger
}

/** Streams of frames over a peer's best connection: opening ours, and answering those of admitted peers (SPEC ME-1, ME-2). */
export class Streams {
  readonly #init: StreamsInit
  readonly #lines = new WeakMap<Connection, LineRate>()
  readonly #own: OwnLines
  readonly #handlers = new Map<string, { handler: StreamHandler; options: HandleOptions }>()

  constructor(init: StreamsInit) {
    this.#init = init
    this.#own = new OwnLines({ connections: init.connections, dial: init.dialAnother })
  }

  /** Registers with the node what was handled before there was one. */
  async start(node: Libp2p): Promise<void> {
    for (const [protocol, { handler, options }] of this.#handlers)
      await this.#register(node, protocol, handler, options)
  }

  /** Throws `NoLinkError`, `ProtocolUnsupportedError`, `StreamClosedError`, or the signal's abort. */
  async open(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    if (options.ownLine === true) return await this.#openOnOwnLine(peer, protocol, options)
    const connection = bestOf(this.#init.connections(peer))
    if (connection === undefined) throw new NoLinkError(`no link to ${peer}`)
    return await this.#openOn(connection, peer, protocol, options)
  }

  async #openOnOwnLine(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    const line = await this.#own.open(peer, signalWithin(dialTimeoutMs, options.signal))
    try {
      const stream = await this.#openOn(line, peer, protocol, options)
      const end = (): void => void line.close().catch(() => undefined) // gone is what we want
      if (stream.signal.aborted) end()
      else stream.signal.addEventListener('abort', end, { once: true })
      return stream
    } catch (error) {
      line.abort(new NoLinkError('its stream did not open'))
      throw error
    }
  }

  async #openOn(
    connection: Connection,
    peer: PeerId,
    protocol: string,
    options: OpenOptions,
  ): Promise<MeshStream> {
    const path = pathOf(connection)
    if (path === 'relayed' && options.overRelay !== true) throw new NoLinkError(`no direct link to ${peer}`)
    try {
      const stream = await connection.newStream(protocol, {
        runOnLimitedConnection: options.overRelay === true,
        maxOutboundStreams: maxStreamsPerProtocol,
        signal: signalWithin(openStreamTimeoutMs, options.signal),
      })
      return new FramedStream(stream, peer, path, options.maxFrameBytes, this.#lineOf(connection))
    } catch (cause) {
      if (isAbort(cause) && options.signal?.aborted === true) throw cause
      if (errorName(cause) === 'UnsupportedProtocolError') {
        throw new ProtocolUnsupportedError(`${protocol} is not answered`, { cause })
      }
      throw new StreamClosedError(`no stream on ${protocol}`, { cause })
    }
  }

  /** Answers a protocol from now on, until the returned function is called. */
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void {
    this.#handlers.set(protocol, { handler, options })
    const node = this.#init.node()
    if (node !== undefined) void this.#register(node, protocol, handler, options)
    return () => {
      this.#handlers.delete(protocol)
      void this.#init
        .node()
        ?.unhandle(protocol)
        .catch(() => undefined) // the node may be stopped already
    }
  }

  async #register(
    node: Libp2p,
    protocol: string,
    handler: StreamHandler,
    options: HandleOptions,
  ): Promise<void> {
    const answer = (stream: Stream, connection: Connection): void =>
      this.#answer(stream, connection, handler, options)
    await node.handle(protocol, answer, {
      runOnLimitedConnection: options.overRelay === true,
      maxInboundStreams: maxStreamsPerProtocol,
      maxOutboundStreams: maxStreamsPerProtocol,
      force: true,
    })
  }

  #answer(stream: Stream, connection: Connection, handler: StreamHandler, options: HandleOptions): void {
    const { logger, isAdmitted } = this.#init
    const peer = connection.remotePeer.toString() as PeerId // libp2p's own text form
    if (options.beforeAdmission !== true && !isAdmitted(peer)) {
      logger('debug', 'stream before admission', { peer, protocol: stream.protocol })
      stream.abort(new NoLinkError('not admitted'))
      return
    }
    const framed = new FramedStream(
      stream,
      peer,
      pathOf(connection),
      options.maxFrameBytes,
      this.#lineOf(connection),
    )
    handler(framed).catch((error: unknown) => {
      logger('debug', 'handler failed', { peer, protocol: stream.protocol, error: errorName(error) })
      framed.abort(error instanceof Error ? error : new Error(String(error)))
    })
  }
  #lineOf(connection: Connection): LineRate {
    const line = this.#lines.get(connection) ?? new LineRate(this.#init.clock)
    this.#lines.set(connection, line)
    return line
  }
}
