import type { ComponentLogger, Logger, StreamMuxerFactory } from '@libp2p/interface'

/** What libp2p's parts would log goes nowhere: a scope for each stream and a colour for each scope is a twentieth of a join's work. */
const nowhere: Logger = Object.assign(() => undefined, {
  enabled: false,
  error: () => undefined,
  trace: () => undefined,
  newScope: () => nowhere,
})
export const noLogs: ComponentLogger = { forComponent: () => nowhere }

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
