import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { noise } from '@libp2p/noise'
import { lpStream } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { errorName } from '../../base/errors.ts'
import { ManualClock } from '../../base/testing/manual-clock.ts'
import { testIdentity } from '../../identity/testing/test-identity.ts'
import { libp2pKeyOf } from '../tab-key.ts'
import { createRendezvousClient } from './client.ts'
import { rendezvousProtocol } from './constants.ts'
import { decodeRendezvous, encodeRendezvous, status, type RendezvousMessage } from './messages.ts'
import { openRecord, sealRecord } from './record.ts'
import { RendezvousStore, serveRendezvous } from './server.ts'

const nodes: Libp2p[] = []
const address = '/memory/somewhere/p2p-circuit'
const patience = () => AbortSignal.timeout(20_000)

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function start() {
  const identity = await testIdentity()
  const key = libp2pKeyOf(identity.tabKey)
  const node = await createLibp2p({
    privateKey: key,
    addresses: { listen: [`/memory/${identity.peer}`], appendAnnounce: [address] },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  nodes.push(node)
  return { node, identity, key, client: createRendezvousClient(key) }
}

async function relay() {
  const made = await start()
  const store = new RendezvousStore(new ManualClock())
  await serveRendezvous(made.node, store)
  const guest = async () => {
    const one = await start()
    await one.node.dial(multiaddr(`/memory/${made.identity.peer}/p2p/${made.identity.peer}`))
    return one
  }
  return { relay: made, store, guest }
}

async function ask(from: Libp2p, to: Libp2p, message: RendezvousMessage): Promise<RendezvousMessage> {
  const stream = await from.dialProtocol(to.peerId, rendezvousProtocol)
  const messages = lpStream(stream)
  await messages.write(encodeRendezvous(message))
  return decodeRendezvous((await messages.read({ signal: patience() })).subarray())
}

describe('rendezvous over libp2p', () => {
  it('RV-1, RV-3, RV-6 a peer is found by the name it registered under, with its circuit addresses', async () => {
    const { relay: at, guest } = await relay()
    const [ann, ben] = [await guest(), await guest()]
    await ann.client.register(ann.node, at.node.peerId, 'room', 7_200_000, patience())
    const found = await ben.client.discover(ben.node, at.node.peerId, 'room', patience())
    expect(found.map(({ peer }) => peer)).toEqual([ann.identity.peer])
    expect(found[0]?.addresses.every((text) => text.includes('/p2p-circuit'))).toBe(true)
    expect(await ben.client.discover(ben.node, at.node.peerId, 'other', patience())).toEqual([])
  })
  it('RV-1 wrong requests get their status', async () => {
    const { relay: at, guest } = await relay()
    const [ann, ben] = [await guest(), await guest()]
    const own = await sealRecord(ann.key, [address])
    const foreign = await sealRecord(ben.key, [address])
    const statusOf = async (register: object): Promise<number> => {
      const answer = await ask(ann.node, at.node, { type: 0, register })
      return 'status' in answer ? answer.status : -1
    }
    expect(await statusOf({ ns: 'room', signedPeerRecord: own, ttl: 7200 })).toBe(status.ok)
    expect(await statusOf({ ns: '', signedPeerRecord: own })).toBe(status.invalidNamespace)
    expect(await statusOf({ ns: 'x'.repeat(256), signedPeerRecord: own })).toBe(status.invalidNamespace)
    expect(await statusOf({ ns: 'room', signedPeerRecord: own, ttl: 1 })).toBe(status.invalidTtl)
    expect(await statusOf({ ns: 'room', signedPeerRecord: own, ttl: 300_000 })).toBe(status.invalidTtl)
    expect(await statusOf({ ns: 'room' })).toBe(status.invalidSignedPeerRecord)
    expect(await statusOf({ ns: 'room', signedPeerRecord: foreign })).toBe(status.invalidSignedPeerRecord)
    expect(await statusOf({ ns: 'room', signedPeerRecord: new Uint8Array(9) })).toBe(
      status.invalidSignedPeerRecord,
    )
  })
  it('RV-5 garbage ends its stream and the relay goes on', async () => {
    const { relay: at, guest } = await relay()
    const ann = await guest()
    const stream = await ann.node.dialProtocol(at.node.peerId, rendezvousProtocol)
    const messages = lpStream(stream)
    await messages.write(new Uint8Array([8, 99]))
    await expect(messages.read({ signal: patience() })).rejects.toThrow()
    await ann.client.register(ann.node, at.node.peerId, 'room', 7_200_000, patience())
  })
  it('RV-4 who disconnects is forgotten', async () => {
    const { relay: at, store, guest } = await relay()
    const ann = await guest()
    await ann.client.register(ann.node, at.node.peerId, 'room', 7_200_000, patience())
    expect(store.size).toBe(1)
    const gone = new Promise<void>((resolve) =>
      at.node.addEventListener('peer:disconnect', () => resolve(), { once: true }),
    )
    await ann.node.stop()
    await gone
    expect(store.size).toBe(0)
  })
})

describe('rendezvous store', () => {
  const record = new Uint8Array([1])
  it('RV-3 gives the newest first and none that has expired', async () => {
    const clock = new ManualClock()
    const store = new RendezvousStore(clock)
    store.add('room', 'a', new Uint8Array([1]), 60)
    store.add('room', 'b', new Uint8Array([2]), 120)
    expect(store.find('room', 10).map((found) => found.record[0])).toEqual([2, 1])
    expect(store.find('room', 1)).toHaveLength(1)
    await clock.advance(60_000)
    expect(store.find('room', 10).map((found) => found.record[0])).toEqual([2])
    expect(store.size).toBe(1)
  })
  it('RV-2 keeps to its bounds and frees what is removed', () => {
    const store = new RendezvousStore(new ManualClock())
    for (let i = 0; i < 100; i++) expect(store.add('room', `p${i}`, record)).toBe(true)
    expect(store.add('room', 'one more', record)).toBe(false)
    expect(store.add('room', 'p0', record)).toBe(true)
    for (let i = 1; i < 16; i++) expect(store.add(`n${i}`, 'p0', record)).toBe(true)
    expect(store.add('n16', 'p0', record)).toBe(false)
    store.removePeer('p0')
    expect(store.add('room', 'one more', record)).toBe(true)
    expect(store.size).toBe(100)
  })
})

describe('rendezvous messages', () => {
  it('RV-5 come back equal', () => {
    const messages: RendezvousMessage[] = [
      { type: 0, register: { ns: 'room', signedPeerRecord: new Uint8Array([1, 2]), ttl: 7200 } },
      { type: 1, status: 100, ttl: 0 },
      { type: 2, ns: 'room' },
      { type: 3, ns: 'room', limit: 7 },
      { type: 4, registrations: [{ ns: 'room', signedPeerRecord: new Uint8Array([3]), ttl: 1 }], status: 0 },
    ]
    for (const message of messages) expect(decodeRendezvous(encodeRendezvous(message))).toEqual(message)
  })
  it('RV-5 any bytes are decoded or InvalidMessageError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeRendezvous(bytes)
        } catch (error) {
          expect(errorName(error)).toBe('InvalidMessageError')
        }
      }),
      { numRuns: 20_000 },
    )
  })
  it('RV-6 a record that was changed does not open', async () => {
    const { tabKey } = await testIdentity(1)
    const sealed = await sealRecord(libp2pKeyOf(tabKey), [address])
    expect((await openRecord(sealed)).addresses).toEqual([address])
    const last = sealed.length - 1
    sealed[last] = (sealed[last] ?? 0) ^ 1
    await expect(openRecord(sealed)).rejects.toMatchObject({ name: 'InvalidMessageError' })
  })
})
