import type { Connection } from '@libp2p/interface'
import type { PeerId } from '../base/ids.ts'
import type { Link, Path } from './index.ts'

/** Direct means direct at our end: no limits and no relay in the address. The room says "direct" when both ends do. */
export function pathOf(connection: Connection): Path {
  return connection.limits === undefined && connection.direct ? 'direct' : 'relayed'
}

/** The best of a peer's open connections: the oldest direct one, since later ones may be for one stream only (ME-15), else the newest. */
export function bestOf(connections: readonly Connection[]): Connection | undefined {
  const open = connections.filter((connection) => connection.status === 'open')
  return open.find((connection) => pathOf(connection) === 'direct') ?? open.at(-1)
}

/** The link that a connection makes. */
export function linkOf(connection: Connection): Link {
  return {
    peer: connection.remotePeer.toString() as PeerId, // libp2p's own text form
    path: pathOf(connection),
    rttMs: connection.rtt,
  }
}
