import type { ComponentLogger, ConnectionEncrypter, Logger, StreamMuxerFactory } from '@libp2p/interface'
import { pureJsCrypto, type NoiseInit } from '@libp2p/noise'
import { concat } from '../base/bytes.ts'
import { x25519 } from '../base/curves.ts'

/** What libp2p's parts would log goes nowhere: a scope for each stream and a colour for each scope is a twentieth of a join's work. */
const nowhere: Logger = Object.assign(() => undefined, {
  enabled: false,
  error: () => undefined,
  trace: () => undefined,
  newScope: () => nowhere,
})
export const noLogs: ComponentLogger = { forComponent: () => nowhere }

/**
 * The handshake's primitives with key pairs made without tables (RFC 7748 section 5): a node makes two or three in its life of an hour, in two
 * milliseconds each, and the tables that the library would make for the first take twenty.
 */
export const handshakeCrypto: NonNullable<NoiseInit['crypto']> = {
  ...pureJsCrypto,
  generateX25519KeyPair() {
    const privateKey = x25519.utils.randomSecretKey()
    return { privateKey, publicKey: x25519.scalarMult(privateKey, x25519.GuBytes) }
  },
}

/** As much of a stream of @libp2p/yamux 8 as is looked at; private to its package, so looked for before use. */
interface WindowedStream {
  readonly state: unknown
  readonly recvWindow: unknown
  readonly recvWindowCapacity: unknown
  sendWindowUpdate?: () => void
}

/** `StreamState.Established` of @libp2p/yamux: nothing but the window itself is left to be said. */
const established = 3

/**
 * Makes a yamux session tell of room in a window only when half of it is used up, as the specification's own implementation does
 * (hashicorp/yamux, `sendWindowUpdate`). @libp2p/yamux 8.0.3 answers every data frame with an update: over a relay, where a frame
 * travels inside frames, that is six messages for nothing beside each two.
 */
export function withFewWindowUpdates(make: () => StreamMuxerFactory): () => StreamMuxerFactory {
  return () => {
    const factory = make()
    const createMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = createMuxer(connection)
      // Not by its `stream` event: whoever listens there is given streams that came before the connection is whole.
      const own = muxer as { _newStream?: (...args: unknown[]) => WindowedStream }
      const newStream = own._newStream?.bind(muxer)
      if (newStream !== undefined) own._newStream = (...args) => sparing(newStream(...args))
      return muxer
    }
    return factory
  }
}

function sparing(stream: WindowedStream): WindowedStream {
  const send = stream.sendWindowUpdate?.bind(stream)
  if (send === undefined) return stream
  stream.sendWindowUpdate = () => {
    const { state, recvWindow, recvWindowCapacity } = stream
    const isRoomy =
      typeof recvWindow === 'number' &&
      typeof recvWindowCapacity === 'number' &&
      recvWindowCapacity > recvWindow / 2
    if (state !== established || !isRoomy) send()
  }
  return stream
}

/** As much of a connection of @libp2p/websockets 10 as is looked at; private to its package, so looked for before use. */
interface SocketConnection {
  readonly websocket?: { readonly bufferedAmount: number }
  sendData?: (data: Parts) => { readonly sentBytes: number; readonly canSendMore: boolean }
  sendClose?: (options?: unknown) => Promise<void>
}

/** Bytes in parts, as libp2p hands them to a connection. */
type Parts = Iterable<Uint8Array> & { readonly byteLength: number }

/** Bytes that wait for the end of the turn at most; libp2p's own parts are up to 64 KiB. */
const maxGatheredBytes = 64 * 1024

/**
 * Lets the page have a turn between the handshake of a connection and all that follows from it: both together hold it up for longer than is
 * felt (bench:lighthouse). What arrives meanwhile waits in the connection.
 */
export function withBreath<C>(
  make: (components: C) => ConnectionEncrypter,
  breathe: (() => Promise<void>) | undefined,
): (components: C) => ConnectionEncrypter {
  if (breathe === undefined) return make
  return (components) => {
    const encrypter = make(components)
    const outbound = encrypter.secureOutbound.bind(encrypter)
    const inbound = encrypter.secureInbound.bind(encrypter)
    encrypter.secureOutbound = async (connection, options) => {
      const secured = await outbound(connection, options)
      await breathe()
      return secured
    }
    encrypter.secureInbound = async (connection, options) => {
      const secured = await inbound(connection, options)
      await breathe()
      return secured
    }
    return encrypter
  }
}

/**
 * Makes an encrypted connection over a WebSocket send what one turn of the event loop says in one message. @libp2p/websockets 10.1.21 sends each
 * part by itself, and of each encrypted frame the length and the bytes are two parts; a join is hundreds of small frames, each a wake-up of three
 * processes. To the reader a WebSocket is a stream of bytes, so nothing else changes.
 */
export function withWholeMessages<C>(
  make: (components: C) => ConnectionEncrypter,
): (components: C) => ConnectionEncrypter {
  return (components) => {
    const encrypter = make(components)
    const outbound = encrypter.secureOutbound.bind(encrypter)
    const inbound = encrypter.secureInbound.bind(encrypter)
    encrypter.secureOutbound = (connection, options) => outbound(gathering(connection), options)
    encrypter.secureInbound = (connection, options) => inbound(gathering(connection), options)
    return encrypter
  }
}

function gathering<T extends object>(connection: T): T {
  const own = connection as SocketConnection
  const { websocket } = own
  const send = own.sendData?.bind(connection)
  const close = own.sendClose?.bind(connection)
  if (websocket === undefined || send === undefined || close === undefined) return connection
  let parts: Uint8Array[] = []
  let byteLength = 0
  let isFull = false
  const flush = (): void => {
    if (byteLength === 0) return
    const whole = concat(...parts)
    parts = []
    byteLength = 0
    isFull = !send(Object.assign([whole], { byteLength: whole.byteLength })).canSendMore
  }
  own.sendData = (data) => {
    if (byteLength === 0) queueMicrotask(flush)
    for (const part of data) parts.push(part)
    byteLength += data.byteLength
    if (byteLength >= maxGatheredBytes) flush()
    // While a full socket has something left, its connection tells when it has not.
    return { sentBytes: data.byteLength, canSendMore: !isFull || websocket.bufferedAmount === 0 }
  }
  own.sendClose = (options) => {
    flush()
    return close(options)
  }
  return connection
}
