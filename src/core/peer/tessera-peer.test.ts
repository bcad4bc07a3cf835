import { afterEach, describe, expect, it } from 'vitest'
import { systemRandom } from '../base/clock.ts'
import { silent } from '../base/logger.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { FakeMedia } from '../calls/testing/fake-media.ts'
import { createInlineEngine } from '../ces/index.ts'
import { createVerifier } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { LoopbackNetwork } from '../mesh/testing/loopback.ts'
import { createPeer, type Peer } from '../peer.ts'
import { roomIdOf } from '../room/index.ts'
import { createMemoryStorage, damagedKey, type Stores } from '../storage/index.ts'

const network = new LoopbackNetwork()
const clock = new ManualClock()
const started: Peer[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.stop()))
  network.setRelay(true)
})

async function person(seed: number, stores: Stores = createMemoryStorage()): Promise<Peer> {
  const identity = await testIdentity(seed)
  const peer = createPeer({
    openStores: () => Promise.resolve({ stores, isKept: true }),
    openIdentity: () => Promise.resolve({ identity, release: () => undefined }),
    createMesh: () => network.peer(identity.peer),
    createEngine: createInlineEngine,
    media: new FakeMedia(),
    verify: createVerifier(),
    ...{ clock, random: systemRandom, logger: silent, appVersion: '0' },
  })
  await peer.start()
  started.push(peer)
  return peer
}

const texts = (peer: Peer): string[] =>
  (peer.session()?.chat.timeline() ?? []).flatMap(({ body }) => (body.kind === 'text' ? [body.text] : []))

describe('a peer', () => {
  it('enters a room by its link, talks there, and knows the room afterwards', async () => {
    const [ann, ben] = [await person(1), await person(2)]
    const link = ann.newRoom()
    const [{ chat }] = [await ann.enter(link), await ben.enter(link)]
    await settle(60)
    await chat.send({ kind: 'text', text: 'hello' })
    await clock.advance(1_000)
    expect(texts(ben)).toEqual(['hello'])
    expect(ben.rooms().map(({ id }) => id)).toEqual([roomIdOf(link)])
    await ben.leave()
    expect(ben.session()).toBeUndefined()
  })

  it('names itself, within bounds', async () => {
    const ann = await person(1)
    await ann.setName('  Ann ')
    expect(ann.name()).toBe('Ann')
    for (const bad of ['', '   ', 'x'.repeat(65)])
      await expect(ann.setName(bad)).rejects.toMatchObject({ name: 'InvalidNameError' })
    expect(ann.name()).toBe('Ann')
  })

  it('reads history at once with nobody in reach, and nothing of a room it has forgotten', async () => {
    const stores = createMemoryStorage()
    const ann = await person(1, stores)
    const link = ann.newRoom()
    const { chat } = await ann.enter(link)
    await chat.send({ kind: 'text', text: 'kept' })
    await ann.stop()
    network.setRelay(false)

    const again = await person(1, stores)
    await again.enter(link)
    expect(texts(again)).toEqual(['kept'])
    await again.forget(roomIdOf(link))
    expect(again.rooms()).toEqual([])
    expect(await stores.logs.heads(roomIdOf(link))).toEqual(new Map())
  })

  it('ST-12 tells of stored data that was damaged until the person knows', async () => {
    const stores = createMemoryStorage()
    await stores.settings.set(damagedKey, true)
    const ann = await person(1, stores)
    await ann.enter(ann.newRoom())
    await ann.stop()
    const again = await person(1, stores)
    expect([ann.storageState(), again.storageState()]).toEqual(['damaged', 'damaged'])
    const told: unknown[] = []
    again.events.on('storage:changed', (change) => told.push(change))
    await again.acknowledgeDamage()
    await again.stop()
    expect(told).toEqual([{ state: 'kept' }])
    expect((await person(1, stores)).storageState()).toBe('kept')
  })

  it('writes on where it stopped when it comes back to a room it had forgotten', async () => {
    const [ann, ben] = [await person(1), await person(2)]
    const link = ann.newRoom()
    await ann.enter(link)
    await ben.enter(link)
    await settle(60)
    await ann.session()?.chat.send({ kind: 'text', text: 'before' })
    await clock.advance(1_000)
    await ann.forget(roomIdOf(link))
    await ann.enter(link)
    await settle(60)
    const sending = ann.session()?.chat.send({ kind: 'text', text: 'after' })
    await clock.advance(5_000)
    await sending
    await clock.advance(5_000)
    expect(texts(ben)).toEqual(['before', 'after'])
    expect(texts(ann)).toEqual(['before', 'after'])
  })

  it('CH-15 writes on where it stopped also with nobody in reach, and is understood when they come', async () => {
    const [ann, ben] = [await person(1), await person(2)]
    const link = ann.newRoom()
    await ann.enter(link)
    await ben.enter(link)
    await settle(60)
    await ann.session()?.chat.send({ kind: 'text', text: 'before' })
    await clock.advance(5_000)
    await ben.leave()
    await ann.forget(roomIdOf(link))
    await ann.enter(link)
    await ann.session()?.chat.send({ kind: 'text', text: 'alone' })
    expect(texts(ann)).toEqual(['before', 'alone'])
    const cleo = await person(3)
    await cleo.enter(link)
    await settle(60)
    await clock.advance(5_000)
    expect(texts(cleo)).toEqual(['before', 'alone'])
    await ben.enter(link)
    await settle(60)
    await clock.advance(5_000)
    expect(texts(ben)).toEqual(['before', 'alone'])
  })

  it('CH-15 keeps of a forgotten room only what is sealed, and nothing of one that nobody else has read', async () => {
    const stores = createMemoryStorage()
    const [ann, ben] = [await person(1, stores), await person(2)]
    const link = ann.newRoom()
    await ann.enter(link)
    await ann.session()?.chat.send({ kind: 'text', text: 'to myself' })
    await ann.forget(roomIdOf(link))
    expect(await stores.settings.keys('forgotten/')).toEqual([])
    await ann.enter(link)
    expect(texts(ann)).toEqual([])
    await ben.enter(link)
    await settle(60)
    await ann.session()?.chat.send({ kind: 'text', text: 'a word that must not be found' })
    await clock.advance(5_000)
    await ann.forget(roomIdOf(link))
    const keys = await stores.settings.keys('')
    const values = await Promise.all(keys.map((key) => stores.settings.get(key)))
    expect(keys.filter((key) => key.startsWith('forgotten/'))).toHaveLength(1)
    const text = keys.join() + values.map((value) => String(value)).join()
    expect(text).not.toContain(roomIdOf(link))
    const sealed = values.filter((value) => value instanceof Uint8Array)
    expect(sealed.map((bytes) => new TextDecoder().decode(bytes)).join()).not.toContain('must not be found')
    await ann.enter(link)
    expect(await stores.settings.keys('forgotten/')).toEqual([])
  })

  it('CA-22 keeps with the room whether its address is hidden there, and hides it before anybody is reached', async () => {
    const stores = createMemoryStorage()
    const ann = await person(1, stores)
    const mesh = network.node(ann.id)
    const [hidden, shown] = [ann.newRoom(), ann.newRoom()]
    const first = await ann.enter(hidden)
    expect([mesh?.isRelayOnly, first.calls.isRelayOnly()]).toEqual([false, false])
    await first.setRelayOnly(true)
    expect([mesh?.isRelayOnly, first.calls.isRelayOnly()]).toEqual([true, true])
    const second = await ann.enter(shown)
    expect([mesh?.isRelayOnly, second.calls.isRelayOnly()]).toEqual([false, false])
    await ann.stop()

    const again = await person(1, stores)
    const wasHidden: (boolean | undefined)[] = []
    const ben = await person(2)
    await ben.enter(hidden)
    const back = network.node(again.id)
    for (const event of ['link:opened', 'link:changed'] as const)
      back?.events.on(event, ({ path }) => path === 'direct' && wasHidden.push(back.isRelayOnly))
    const session = await again.enter(hidden)
    await settle(60)
    await clock.advance(2_000)
    expect(session.calls.isRelayOnly()).toBe(true)
    expect(new Set(wasHidden)).toEqual(new Set([true]))
    await again.forget(roomIdOf(hidden))
    expect(await stores.settings.keys(`room/${roomIdOf(hidden)}/`)).toEqual([])
  })

  it('refuses a new room whose own relays do not answer, and opens a known one all the same', async () => {
    const ann = await person(1)
    const here = ann.newRoom()
    await ann.enter(here)
    network.setRelay(false)
    const foreign = { ...ann.newRoom(), relays: ['/dns4/relay.example/tcp/443/tls/ws/p2p/12D3KooWx'] }
    await expect(ann.enter(foreign)).rejects.toMatchObject({ name: 'ForeignRelayError' })
    expect(ann.session()?.room.id).toBe(roomIdOf(here))
    expect(ann.rooms()).toHaveLength(1)
    network.setRelay(true)
    await ann.enter(foreign)
    await ann.leave()
    network.setRelay(false)
    expect((await ann.enter(foreign)).room.id).toBe(roomIdOf(foreign))
  })
})
