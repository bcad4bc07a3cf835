import { createSocket } from 'node:dgram'
import type { FsDatastore } from 'datastore-fs'
import { errorName } from '../src/core/base/errors.ts'

/** A transport factory of libp2p. */
type WebRtcDirect = ReturnType<typeof import('@libp2p/webrtc').webRTCDirect>

/**
 * The webrtc-direct transport with its certificate kept in `store`; a sentence when it cannot be had. It needs a native
 * module, which a bare copy of the bundle does not bring.
 */
export async function loadWebRtc(store: FsDatastore): Promise<WebRtcDirect | string> {
  try {
    const { webRTCDirect } = await import('@libp2p/webrtc')
    const create = webRTCDirect()
    return (components) =>
      create(
        // Only the certificate goes to disk: libp2p would write every peer it has met into the same store.
        new Proxy(components, {
          get: (target, key) => (key === 'datastore' ? store : (Reflect.get(target, key) as unknown)),
        }),
      )
  } catch (error) {
    return `webrtc-direct is off: its native module is not installed (${errorName(error)}). WebSocket works as always.`
  }
}

/** True when a UDP port can be had: asked first, since the native module reports a taken one on the terminal by itself. */
export function isUdpPortFree(host: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)))
  })
}
