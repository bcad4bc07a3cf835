import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'
import { ProtocolError } from '../base/errors.ts'

const signallingProtocol = '/webrtc-signaling/0.0.1'

interface Registrar {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
}

/**
 * Wraps the components that the WebRTC transport is given, so that its signalling answers admitted peers only. js-libp2p
 * answers anyone on a relayed link with a description and candidates, that is with our addresses (SPEC ME-3).
 *
 * @param isAllowed asked for each stream
 * @param onRefused told of each stream that is turned away
 * @param onBegun told of each stream that is answered
 */
export function gateSignalling<C extends { registrar: Registrar }>(
  components: C,
  isAllowed: (connection: Connection) => boolean,
  onRefused: (connection: Connection) => void,
  onBegun: (stream: Stream, connection: Connection) => void,
): C {
  const guard =
    (handler: StreamHandler): StreamHandler =>
    (stream: Stream, connection: Connection) => {
      if (isAllowed(connection)) {
        onBegun(stream, connection)
        return handler(stream, connection)
      }
      onRefused(connection)
      stream.abort(new ProtocolError('signalling before admission'))
    }
  const registrar = new Proxy(components.registrar, {
    get(target, key) {
      if (key === 'handle') {
        return (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
          target.handle(protocol, protocol === signallingProtocol ? guard(handler) : handler, options)
      }
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return new Proxy(components, {
    get: (target, key) => (key === 'registrar' ? registrar : (Reflect.get(target, key) as unknown)),
  })
}
