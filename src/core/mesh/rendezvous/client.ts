import type { Libp2p, PeerId as Libp2pPeerId, PrivateKey } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { ProtocolError } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { PeerAddress } from '../index.ts'
import type { RendezvousPort } from '../libp2p-mesh.ts'
import { maxMessageBytes, maxRecords, rendezvousProtocol } from './constants.ts'
import { decodeRendezvous, encodeRendezvous, status, type RendezvousMessage } from './messages.ts'
import { openRecord, sealRecord } from './record.ts'

/** {@link RendezvousPort} over libp2p rendezvous 1.0; `key` signs what we say of ourselves. */
export function createRendezvousClient(key: PrivateKey): RendezvousPort {
  return {
    async register(node, relay, ns, ttlMs, signal) {
      const addresses = node.getMultiaddrs().map(String)
      const signedPeerRecord = await sealRecord(key, addresses)
      const register = { ns, signedPeerRecord, ttl: Math.round(ttlMs / 1000) }
      const answer = await request(node, relay, { type: 0, register }, signal)
      if (answer.type !== 1 || answer.status !== status.ok) {
        throw new ProtocolError(
          `the relay did not register us: ${'status' in answer ? answer.status : 'no status'}`,
        )
      }
    },
    async discover(node, relay, ns, signal) {
      const answer = await request(node, relay, { type: 3, ns, limit: maxRecords }, signal)
      if (answer.type !== 4) throw new ProtocolError('the relay gave no list')
      const opened = await Promise.allSettled(
        answer.registrations.map(({ signedPeerRecord }) => openRecord(signedPeerRecord ?? new Uint8Array())),
      )
      // A record that does not verify is the relay's or its peer's lie: passed over.
      return opened.flatMap((record) => (record.status === 'fulfilled' ? [addressOf(record.value)] : []))
    },
  }
}

function addressOf({ peer, addresses }: { peer: string; addresses: readonly string[] }): PeerAddress {
  const through = addresses.filter((address) => address.includes('/p2p-circuit'))
  return { peer: peer as PeerId, addresses: through } // verified: libp2p's own text form
}

async function request(
  node: Libp2p,
  relay: Libp2pPeerId,
  message: RendezvousMessage,
  signal: AbortSignal,
): Promise<RendezvousMessage> {
  const stream = await node.dialProtocol(relay, rendezvousProtocol, { signal })
  try {
    const messages = lpStream(stream, { maxDataLength: maxMessageBytes })
    await messages.write(encodeRendezvous(message), { signal })
    const answer = decodeRendezvous((await messages.read({ signal })).subarray())
    await stream.close({ signal })
    return answer
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
