import { Stranger } from './fixtures/stranger.ts'
import { expect, test } from './fixtures/test.ts'

/** A WebRTC offer as js-libp2p sends it: protobuf `{type: SDP_OFFER, data}` behind its length. */
function offer(): Uint8Array {
  const sdp = new TextEncoder().encode('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n')
  return new Uint8Array([sdp.length + 4, 8, 0, 18, sdp.length, ...sdp])
}

test('a stranger asks 1,000 times for signalling and gets no answer and no candidate', async ({
  person,
  relay,
}) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  await expect(ann.page.getByTestId('relay-state')).toContainText('Connected')
  const stranger = await Stranger.at(relay.url)
  try {
    await expect.poll(() => stranger.memberOf(link).then(Boolean, () => false)).toBe(true)
    const member = await stranger.memberOf(link)
    let connection = await stranger.reach(member)
    let answered = 0
    let asked = 0
    while (asked < 1_000) {
      if (connection.status !== 'open') connection = await stranger.reach(member)
      const batch = Array.from({ length: 10 }, () =>
        stranger.ask(connection, '/webrtc-signaling/0.0.1', offer()),
      )
      answered += (await Promise.all(batch)).reduce((sum, bytes) => sum + bytes, 0)
      asked += batch.length
    }
    expect({ asked, answered }).toEqual({ asked: 1_000, answered: 0 })

    const guarded = ['presence', 'chat', 'files', 'call', 'gossip'].map((name) => `/tessera/${name}/1`)
    for (const protocol of guarded) {
      if (connection.status !== 'open') connection = await stranger.reach(member)
      expect(await stranger.ask(connection, protocol, new Uint8Array([1, 0])), protocol).toBe(0)
    }
    const made = await ann.page.evaluate(
      () => (window as unknown as { peerConnections: unknown[] }).peerConnections.length,
    )
    expect(made, 'peer connections made for the stranger').toBe(0)
    await expect(ann.page.getByTestId('person')).toHaveCount(1)
  } finally {
    await stranger.stop()
  }
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
})
