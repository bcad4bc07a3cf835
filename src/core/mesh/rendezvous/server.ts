import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import {
  maxMessageBytes,
  maxNamespaceLength,
  maxRequests,
  rendezvousProtocol,
  ttlSeconds,
} from './constants.ts'
import { decodeRendezvous, encodeRendezvous, status, type RendezvousMessage } from './messages.ts'
import { openRecord } from './record.ts'
import type { RendezvousStore } from './store.ts'

export { RendezvousStore } from './store.ts'

/** Requests on one stream must come within this. */
const requestTimeoutMs = 15_000

/** Answers `/rendezvous/1.0.0` from the store; what is wrong gets its status, garbage ends the stream. */
export async function serveRendezvous(node: Libp2p, store: RendezvousStore): Promise<void> {
  await node.handle(rendezvousProtocol, (stream, connection) => {
    serve(stream, connection, store).catch((error: unknown) => {
      stream.abort(error instanceof Error ? error : new Error(String(error)))
    })
  })
  node.addEventListener('peer:disconnect', ({ detail }) => store.removePeer(detail.toString()))
}

async function serve(stream: Stream, connection: Connection, store: RendezvousStore): Promise<void> {
  const messages = lpStream(stream, { maxDataLength: maxMessageBytes })
  const signal = AbortSignal.timeout(requestTimeoutMs)
  for (let i = 0; i < maxRequests; i++) {
    const bytes = await messages.read({ signal }).catch(() => undefined) // the other side is done
    if (bytes === undefined) break
    const answer = await answerTo(decodeRendezvous(bytes.subarray()), connection.remotePeer.toString(), store)
    if (answer !== undefined) await messages.write(encodeRendezvous(answer), { signal })
  }
  await stream.close()
}

async function answerTo(
  message: RendezvousMessage,
  from: string,
  store: RendezvousStore,
): Promise<RendezvousMessage | undefined> {
  switch (message.type) {
    case 0:
      return register(message.register, from, store)
    case 2:
      store.remove(message.ns, from)
      return undefined
    case 3: {
      if (!isNamespace(message.ns)) return { type: 4, registrations: [], status: status.invalidNamespace }
      const found = store.find(message.ns, message.limit)
      const registrations = found.map(({ record, ttl }) => ({
        ns: message.ns,
        signedPeerRecord: record,
        ttl,
      }))
      return { type: 4, registrations, status: status.ok }
    }
    case 1:
    case 4:
      return undefined // answers are nothing to answer
  }
}

async function register(
  {
    ns = '',
    signedPeerRecord,
    ttl = ttlSeconds.standard,
  }: { ns?: string; signedPeerRecord?: Uint8Array; ttl?: number },
  from: string,
  store: RendezvousStore,
): Promise<RendezvousMessage> {
  const refused = (code: number): RendezvousMessage => ({ type: 1, status: code, ttl: 0 })
  if (!isNamespace(ns)) return refused(status.invalidNamespace)
  if (ttl < ttlSeconds.shortest || ttl > ttlSeconds.longest) return refused(status.invalidTtl)
  if (signedPeerRecord === undefined) return refused(status.invalidSignedPeerRecord)
  try {
    // Everyone registers themselves only: a stranger's addresses are not ours to spread.
    if ((await openRecord(signedPeerRecord)).peer !== from) return refused(status.invalidSignedPeerRecord)
  } catch {
    return refused(status.invalidSignedPeerRecord)
  }
  return store.add(ns, from, signedPeerRecord, ttl)
    ? { type: 1, status: status.ok, ttl }
    : refused(status.unavailable)
}

function isNamespace(ns: string): boolean {
  return ns.length > 0 && ns.length <= maxNamespaceLength
}
