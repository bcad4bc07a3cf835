import { afterEach, describe, expect, it } from 'vitest'
import { systemClock, systemRandom } from '../../core/base/clock.ts'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import { silent } from '../../core/base/logger.ts'
import { testIdentity } from '../../core/identity/testing/test-identity.ts'
import { lookPatienceMs } from '../../core/mesh/constants.ts'
import type { Link, Mesh } from '../../core/mesh/index.ts'
import { meshSuite, next } from '../../core/mesh/testing/mesh-suite.ts'
import { Opened } from '../../../relay/testing/fixture.ts'
import type { Relay } from '../../../relay/relay.ts'
import { createNodeMesh } from './mesh.ts'

let opened = new Opened()
const meshes: Mesh[] = []

afterEach(async () => {
  await Promise.all(meshes.splice(0).map((mesh) => mesh.stop()))
  await opened.close()
  opened = new Opened()
})

async function setup(relay: Relay): Promise<Parameters<typeof createNodeMesh>[0]> {
  return {
    identity: await testIdentity(),
    relays: () => Promise.resolve([`/ip4/127.0.0.1/tcp/${relay.port}/ws/p2p/${relay.peerId}`]),
    iceServers: () => [],
    ...{ clock: systemClock, random: systemRandom, logger: silent },
  }
}

async function nodeMesh(relay: Relay): Promise<Mesh> {
  const mesh = createNodeMesh(await setup(relay))
  meshes.push(mesh)
  const online = next<unknown>((done) => mesh.events.on('relay:changed', done))
  await mesh.start()
  await online
  return mesh
}

/** Whether others can reach us through a relay. */
function isReserved(mesh: Mesh): boolean {
  return mesh.addresses().some((address) => address.includes('/p2p-circuit'))
}

/** Processes on one relay, each with a reservation. */
async function processes(count: number) {
  const relay = await opened.relay()
  return Promise.all(
    Array.from({ length: count }, async () => {
      const mesh = await nodeMesh(relay)
      await mesh.register('here', { ttlMs: 7_200_000 })
      return { mesh, address: { peer: mesh.self, addresses: mesh.addresses() } }
    }),
  )
}

/** Two that found each other at the relay and are linked through it. */
async function linked() {
  const [a, b] = await processes(2)
  if (a === undefined || b === undefined) throw new Error('two were asked for')
  const found = (await a.mesh.discover('here')).find(({ peer }) => peer === b.mesh.self)
  if (found === undefined) throw new Error('not found at the relay')
  await a.mesh.connect(found)
  return { a: a.mesh, b: b.mesh, found }
}

meshSuite('Node over the relay', async (count) => {
  const made = await processes(count)
  // The suite is about links that carry everything, and about who is not admitted: each is made direct, then all is forgotten.
  const admitAll = (admitted: boolean): void => {
    for (const { mesh } of made) for (const other of made) mesh.setAdmitted(other.mesh.self, admitted)
  }
  for (const { mesh } of made) {
    const connect = mesh.connect.bind(mesh)
    mesh.connect = async (target, options) => {
      await connect(target, options)
      admitAll(true)
      const link = await mesh.connectDirect(target, options).finally(() => admitAll(false))
      return link
    }
  }
  return made
})

describe('the mesh of a Node process', () => {
  it('ME-12 is answered by a relay that it was not yet connected to when it asked', async () => {
    const relay = await opened.relay()
    const known = await nodeMesh(relay)
    await known.register('here', { ttlMs: 7_200_000 })
    const mesh = createNodeMesh(await setup(relay))
    meshes.push(mesh)
    await mesh.start()
    expect(mesh.relayState()).toBe('starting')
    expect((await mesh.discover('here')).map(({ peer }) => peer)).toEqual([known.self])
  })

  it('ME-12 wants a reservation at once when nobody is there', async () => {
    const relay = await opened.relay()
    const mesh = createNodeMesh({ ...(await setup(relay)), clock: new ManualClock() })
    meshes.push(mesh)
    await mesh.start()
    expect(await mesh.discover('here')).toEqual([])
    await mesh.register('here', { ttlMs: 7_200_000 })
    expect(isReserved(mesh)).toBe(true)
  })

  it('ME-12 reaches for those who are there before it wants a reservation', async () => {
    const relay = await opened.relay()
    const known = await nodeMesh(relay)
    await known.register('here', { ttlMs: 7_200_000 })
    const clock = new ManualClock()
    const mesh = createNodeMesh({ ...(await setup(relay)), clock })
    meshes.push(mesh)
    await mesh.start()
    // More questions than a reservation would take.
    for (let i = 0; i < 8; i++) expect(await mesh.discover('here')).toHaveLength(1)
    expect(isReserved(mesh)).toBe(false)
    const registered = mesh.register('here', { ttlMs: 7_200_000 })
    await clock.advance(lookPatienceMs)
    await registered
    expect(isReserved(mesh)).toBe(true)
  })

  it('ME-14 a protocol that was taken as granted and is not answered has its name in the error', async () => {
    const { a, b } = await linked()
    const stream = await a.openStream(b.self, '/tessera/room/1', { maxFrameBytes: 64, overRelay: true })
    await stream.send(new Uint8Array(3))
    await expect(stream.receive()).rejects.toMatchObject({ name: 'ProtocolUnsupportedError' })
  })

  it('ME-3 begins through the relay and becomes direct once both have admitted each other', async () => {
    const { a, b, found } = await linked()
    expect(a.link(b.self)?.path).toBe('relayed')
    a.setAdmitted(b.self, true)
    b.setAdmitted(a.self, true)
    const changed = next<Link>((done) => b.events.on('link:changed', done))
    expect((await a.connectDirect(found)).path).toBe('direct')
    expect((await changed).path).toBe('direct')
  })

  it('ME-3 shows no candidate to a peer that is not admitted', async () => {
    const { a, b, found } = await linked()
    a.setAdmitted(b.self, true)
    await expect(a.connectDirect(found)).rejects.toMatchObject({ name: 'DialError' })
    expect(a.link(b.self)?.path).toBe('relayed')
  })
})
