import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it, vi } from 'vitest'
import { startNode } from './node.ts'
import { Opened } from './testing/fixture.ts'

const opened = new Opened()
afterEach(() => opened.close())

it('a reservation outlives its timer while the peer is connected, and ends with the connection', async () => {
  const { node, innerPort, reservations } = await startNode({
    key: await generateKeyPair('Ed25519'),
    data: await opened.folder(),
    maxReservations: 4,
    announced: () => [],
    webrtc: undefined,
    onNotice: () => undefined,
    admit: () => true,
  })
  const peer = await opened.peer()
  await peer.dial(multiaddr(`/ip4/127.0.0.1/tcp/${innerPort}/ws/p2p/${node.peerId.toString()}`))
  await vi.waitFor(() => expect(reservations()).toBe(1), 10_000)
  const { relay } = node.services
  relay.reservations.get(peer.peerId)?.signal.dispatchEvent(new Event('abort'))
  expect(reservations()).toBe(1)
  await peer.stop()
  await vi.waitFor(() => expect(reservations()).toBe(0), 10_000)
  await node.stop()
})
