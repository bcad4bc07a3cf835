import { afterEach, describe, expect, it, vi } from 'vitest'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import { dialTimeoutMs, gossipProtocol, maxGossipBytes, probeTimeoutMs } from './constants.ts'
import { Handshakes } from './handshakes.ts'
import type { Libp2pMesh, MeshGate } from './libp2p-mesh.ts'
import { isAnswering } from './probe.ts'
import { LoopbackNetwork } from './testing/loopback.ts'
import { createMemoryMesh, MemoryRendezvous } from './testing/memory-mesh.ts'
import { meshSuite, next } from './testing/mesh-suite.ts'

const started: Libp2pMesh[] = []
/** Those of the meshes over memory, in the order in which they were made. */
const gates: MeshGate[] = []

afterEach(async () => {
  gates.splice(0)
  await Promise.all(started.splice(0).map((mesh) => mesh.stop()))
})

async function memoryMeshes(count: number) {
  const rendezvous = new MemoryRendezvous()
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const mesh = createMemoryMesh(await testIdentity(), rendezvous, (gate) => (gates[i] = gate))
      started.push(mesh)
      await mesh.start()
      return { mesh, address: { peer: mesh.self, addresses: [`/memory/${mesh.self}/p2p/${mesh.self}`] } }
    }),
  )
}

meshSuite('libp2p over memory', memoryMeshes)
meshSuite('loopback', async (count) => {
  const network = new LoopbackNetwork()
  const meshes = Array.from({ length: count }, (_, i) => network.peer(`peer${i}`, { firstPath: 'direct' }))
  await Promise.all(meshes.map((mesh) => mesh.start()))
  return meshes.map((mesh) => ({ mesh, address: { peer: mesh.self, addresses: [] } }))
})

/** A chain a–b–c: a and c are not linked. */
async function chain() {
  const [a, b, c] = await memoryMeshes(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('three meshes were asked for')
  await a.mesh.connect(b.address)
  await b.mesh.connect(c.address)
  for (const { mesh } of [a, b, c]) {
    for (const other of [a, b, c]) if (other.mesh !== mesh) mesh.setAdmitted(other.mesh.self, true)
  }
  return { a: a.mesh, b: b.mesh, c: c.mesh }
}

async function linked() {
  const [a, b] = await memoryMeshes(2)
  if (a === undefined || b === undefined) throw new Error('two meshes were asked for')
  a.mesh.setAdmitted(b.mesh.self, true)
  b.mesh.setAdmitted(a.mesh.self, true)
  await a.mesh.connectDirect(b.address)
  return { a, b }
}

describe('lines of their own', () => {
  const protocol = '/test/own/1'
  const options = { maxFrameBytes: 10, ownLine: true } as const
  const listen = (mesh: Libp2pMesh) =>
    mesh.handle(protocol, async (stream) => void (await stream.receive()), { maxFrameBytes: 10 })

  it('ME-15 are two to a peer at most, and others once those have ended', async () => {
    const { a, b } = await linked()
    listen(b.mesh)
    const first = await a.mesh.openStream(b.mesh.self, protocol, options)
    await a.mesh.openStream(b.mesh.self, protocol, options)
    await expect(a.mesh.openStream(b.mesh.self, protocol, options)).rejects.toMatchObject({
      name: 'NoLinkError',
    })
    first.abort(new Error('enough'))
    await vi.waitFor(() => a.mesh.openStream(b.mesh.self, protocol, options), { timeout: 10_000 })
  })
  it('ME-15 end with a protocol that is not answered', async () => {
    const { a, b } = await linked()
    for (let n = 0; n < 3; n++) {
      const opening = a.mesh.openStream(b.mesh.self, '/test/nobody/1', options)
      await expect(opening).rejects.toMatchObject({ name: 'ProtocolUnsupportedError' })
    }
    expect(a.mesh.link(b.mesh.self)?.path).toBe('direct')
  })
  it('ME-15 are not made without a link, nor to who is not admitted', async () => {
    const { a, b } = await linked()
    listen(b.mesh)
    a.mesh.setAdmitted(b.mesh.self, false)
    await expect(a.mesh.openStream(b.mesh.self, protocol, options)).rejects.toMatchObject({
      name: 'DialError',
    })
    a.mesh.setAdmitted(b.mesh.self, true)
    await a.mesh.disconnect(b.mesh.self)
    await expect(a.mesh.openStream(b.mesh.self, protocol, options)).rejects.toMatchObject({
      name: 'NoLinkError',
    })
  })
})

describe('hidden addresses', () => {
  it('ME-9 end the direct links that stand, on both sides', async () => {
    const { a, b } = await linked()
    const closed = Promise.all([a, b].map(({ mesh }) => next((on) => mesh.events.on('link:closed', on))))
    a.mesh.setRelayOnly(true)
    expect(await closed).toEqual([{ peer: b.mesh.self }, { peer: a.mesh.self }])
  })
  it('ME-9 make no direct link without a TURN server, until shown again', async () => {
    const { a, b } = await linked()
    a.mesh.setRelayOnly(true)
    await expect(a.mesh.connectDirect(b.address)).rejects.toThrow('no TURN server')
    a.mesh.setRelayOnly(false)
    expect((await a.mesh.connectDirect(b.address)).path).toBe('direct')
  })
  it('ME-9 keep no link that somebody began before, and break off what is not a link yet', async () => {
    const { a, b } = await linked()
    const stream = handshake()
    const [gate] = gates
    if (gate === undefined) throw new Error('no gate was given')
    gate.began(b.mesh.self, stream)
    a.mesh.setRelayOnly(true)
    expect(stream.aborted.map(({ name }) => name)).toEqual(['DialError'])
    const closed = next<{ peer: string }>((on) => b.mesh.events.on('link:closed', on))
    await b.mesh.connectDirect(a.address).catch(() => undefined) // may be over before it is told
    expect(await closed).toEqual({ peer: a.mesh.self })
    expect(a.mesh.link(b.mesh.self)).toBeUndefined()
  })
  it('ME-9 keep a link that somebody began since', async () => {
    const { a, b } = await linked()
    const gone = Promise.all([a, b].map(({ mesh }) => next((on) => mesh.events.on('link:closed', on))))
    a.mesh.setRelayOnly(true)
    await gone
    const stream = handshake()
    gates[0]?.began(b.mesh.self, stream)
    const opened = next<{ peer: string }>((on) => a.mesh.events.on('link:opened', on))
    await b.mesh.connectDirect(a.address)
    expect((await opened).peer).toBe(b.mesh.self)
    expect([a.mesh.link(b.mesh.self)?.path, stream.aborted]).toEqual(['direct', []])
  })
  it('ME-9 forget a handshake that came to nothing', async () => {
    const clock = new ManualClock()
    const handshakes = new Handshakes(clock)
    const [failed, other] = [handshake(), handshake()]
    handshakes.begin('b', failed, true)
    handshakes.begin('c', other, true)
    failed.end()
    await clock.advance(dialTimeoutMs - 1)
    handshakes.begin('b', handshake(), false)
    await clock.advance(1)
    expect([handshakes.made('b'), handshakes.made('b'), handshakes.made('c')]).toEqual([false, false, true])
    handshakes.hide()
    expect([...failed.aborted, ...other.aborted]).toEqual([])
  })
})

/** The stream of a handshake, ended by the test. */
function handshake() {
  const aborted: Error[] = []
  let closed: () => void = () => {}
  return {
    aborted,
    abort: (error: Error) => void aborted.push(error),
    addEventListener: (_type: 'close', listener: () => void) => void (closed = listener),
    end: () => closed(),
  }
}

describe('a mesh that is woken', () => {
  it('ME-10 keeps the links that answer', async () => {
    const [a, b] = await memoryMeshes(2)
    if (a === undefined || b === undefined) throw new Error('two meshes were asked for')
    await a.mesh.connect(b.address)
    const closed: string[] = []
    a.mesh.events.on('link:closed', ({ peer }) => closed.push(peer))
    a.mesh.wake()
    await new Promise((resolve) => setTimeout(resolve, probeTimeoutMs.most * 1.2))
    expect([closed, a.mesh.link(b.mesh.self)?.path]).toEqual([[], 'direct'])
  })
  it.each([
    ['says nothing', () => new Promise<never>(() => undefined), false],
    ['is gone', () => Promise.reject(new Error('the connection is closed')), false],
    [
      'has no ping',
      () => Promise.reject(Object.assign(new Error('no'), { name: 'UnsupportedProtocolError' })),
      true,
    ],
  ])('ME-10 takes an end that %s for what it is', async (_, newStream, isAlive) => {
    const forever = (_protocol: string, options?: { signal?: AbortSignal }): Promise<never> =>
      Promise.race([
        newStream(),
        new Promise<never>((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
        }),
      ])
    expect(await isAnswering({ newStream: forever }, 20)).toBe(isAlive)
  })
})

describe('gossip', () => {
  it('ME-6 reaches members that are not linked to the sender, once', async () => {
    const { a, b, c } = await chain()
    const heard: string[] = []
    b.subscribe('talk', () => heard.push('b'))
    const arrived = next<string>((done) =>
      c.subscribe('talk', (payload) => (heard.push('c'), done(payload.join()))),
    )
    await a.publish('talk', new Uint8Array([1, 2]))
    expect(await arrived).toBe('1,2')
    await a.publish('talk', new Uint8Array([1, 2]))
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(heard).toEqual(['b', 'c'])
  })
  it('ME-6 is neither sent to nor taken from a peer that is not admitted', async () => {
    const { a, b, c } = await chain()
    b.setAdmitted(c.self, false)
    const heard: string[] = []
    c.subscribe('talk', () => heard.push('c'))
    b.subscribe('talk', () => heard.push('b'))
    await c.publish('talk', new Uint8Array([9]))
    const atB = next<unknown>((done) =>
      b.subscribe('talk', (payload) => (payload[0] === 1 ? done(payload) : undefined)),
    )
    await a.publish('talk', new Uint8Array([1]))
    await atB
    expect(heard).toEqual(['b'])
  })
  it('ME-6 refuses a payload over its bound where it is given', async () => {
    const { a } = await chain()
    await expect(a.publish('talk', new Uint8Array(maxGossipBytes + 1))).rejects.toMatchObject({
      name: 'InvalidMessageError',
    })
  })
  it('ME-6 a neighbour that sends garbage loses its stream and nothing else', async () => {
    const { a, b } = await chain()
    const stream = await a.openStream(b.self, gossipProtocol, { maxFrameBytes: 10 })
    await stream.send(toCbor({ t: 7 }))
    await expect(stream.receive()).rejects.toMatchObject({ name: 'StreamClosedError' })
    const arrived = next<Uint8Array>((done) => b.subscribe('talk', done))
    await a.publish('talk', new Uint8Array([3]))
    expect(await arrived).toEqual(new Uint8Array([3]))
  })
})
