import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startRelay, type Relay } from './relay.ts'
import { ask, Opened } from './testing/fixture.ts'

const opened = new Opened()
afterEach(() => opened.close())

const echo = '/tessera-test/echo/1'
const addressOf = ({ port, peerId }: Relay): string => `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${peerId}`
const metrics = async (relay: Relay): Promise<string> =>
  (await ask(relay, '/metrics')).body.toString().replace(/^(?!tessera_).*\n/gm, '')

/** Connects and waits for the reservation. */
async function reserve(peer: Libp2p, relay: Relay): Promise<void> {
  await peer.dial(multiaddr(addressOf(relay)))
  await vi.waitFor(() => expect(peer.getMultiaddrs().join()).toContain(`${relay.peerId}/p2p-circuit`), 10_000)
}

async function serveEcho(peer: Libp2p): Promise<void> {
  await peer.handle(
    echo,
    (stream) => {
      stream.addEventListener('message', ({ data }) => void stream.send(data))
    },
    { runOnLimitedConnection: true },
  )
}

async function echoed(peer: Libp2p, through: Relay, target: Libp2p, text: string): Promise<string> {
  const address = multiaddr(`${addressOf(through)}/p2p-circuit/p2p/${target.peerId.toString()}`)
  const connection = await peer.dial(address)
  expect(connection.limits?.bytes).toBeDefined()
  const stream = await connection.newStream(echo, { runOnLimitedConnection: true })
  const answer = new Promise<string>((resolve) => {
    stream.addEventListener('message', ({ data }) => resolve(Buffer.from(data.subarray()).toString()))
  })
  stream.send(Buffer.from(text))
  return answer
}

describe('peers at a relay', () => {
  it('reserve and reach each other through a circuit', async () => {
    const relay = await opened.relay()
    const [ann, ben] = [await opened.peer([]), await opened.peer()]
    await serveEcho(ben)
    await reserve(ben, relay)
    expect(await echoed(ann, relay, ben, 'hello')).toBe('hello')
    expect(await metrics(relay)).toContain('tessera_reservations 1\n')
  })

  it('reach each other although another peer has gone and come back', async () => {
    const relay = await opened.relay({ maxReservations: 1 })
    const first = await opened.peer()
    await reserve(first, relay)
    await first.stop()
    await vi.waitFor(async () => expect(await metrics(relay)).toContain('tessera_reservations 0\n'), 10_000)
    const second = await opened.peer()
    await reserve(second, relay)
    expect(await metrics(relay)).toContain('tessera_reservations 1\n')
  })

  it('get a 429 over the limit of open WebSockets, and it is counted', async () => {
    const relay = await opened.relay({ maxPerAddress: 2 })
    expect(await opened.webSocket(relay)).toBe(101)
    expect(await opened.webSocket(relay)).toBe(101)
    expect(await opened.webSocket(relay)).toBe(429)
    const text = await metrics(relay)
    expect(text).toContain('tessera_upgrades_refused_total{reason="too-many-open"} 1\n')
    expect(text).toContain('tessera_upgrades_open 2\n')
  })

  it('get a 429 over the rate, whatever they say in X-Forwarded-For', async () => {
    const relay = await opened.relay({ ratePerMinute: 2 })
    expect(await opened.webSocket(relay, { 'X-Forwarded-For': '192.0.2.1' })).toBe(101)
    expect(await opened.webSocket(relay, { 'X-Forwarded-For': '192.0.2.2' })).toBe(429)
    expect(await metrics(relay)).toContain('tessera_upgrades_refused_total{reason="too-fast"} 1\n')
  })

  it('are told apart by what a trusted proxy saw, not by what they wrote before it', async () => {
    const relay = await opened.relay({ ratePerMinute: 2, trustProxy: true })
    expect(await opened.webSocket(relay, { 'X-Forwarded-For': '192.0.2.9, 192.0.2.1' })).toBe(101)
    expect(await opened.webSocket(relay, { 'X-Forwarded-For': '192.0.2.9, 192.0.2.2' })).toBe(101)
    expect(await opened.webSocket(relay, { 'X-Forwarded-For': '192.0.2.8, 192.0.2.1' })).toBe(429)
  })

  it('cannot upgrade to anything but a WebSocket', async () => {
    const relay = await opened.relay()
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
    expect((await ask(relay, '/', { headers })).status).toBe(400)
    expect(await metrics(relay)).toContain('{reason="not-websocket"} 1\n')
  })
})

describe('starting and stopping', () => {
  it('keeps the peer id over a restart', async () => {
    const data = await opened.folder()
    const first = await opened.relay({ data })
    await first.stop()
    expect((await opened.relay({ data })).peerId).toBe(first.peerId)
    expect((await opened.relay()).peerId).not.toBe(first.peerId)
  })

  it('gives the port back and ends connections on stop, twice being fine', async () => {
    const relay = await opened.relay()
    const peer = await opened.peer()
    await reserve(peer, relay)
    await Promise.all([relay.stop(), relay.stop()])
    await vi.waitFor(() => expect(peer.getConnections()).toHaveLength(0), 10_000)
    await expect(ask(relay, '/healthz')).rejects.toThrow('ECONNREFUSED')
    expect((await opened.relay({ port: relay.port })).port).toBe(relay.port)
  })

  it('names the port that is in use', async () => {
    const { port } = await opened.relay()
    const data = await opened.folder()
    await expect(startRelay({ port, host: '127.0.0.1', data, webrtc: false })).rejects.toMatchObject({
      name: 'StartError',
      message: `port ${port} is in use: stop what uses it, or name another with --port`,
    })
  })

  it('names the data folder that cannot be used, and the key that is none', async () => {
    const folder = await opened.folder()
    await writeFile(join(folder, 'file'), '')
    await expect(opened.relay({ data: join(folder, 'file') })).rejects.toThrow('cannot use the data folder')
    await writeFile(join(folder, 'key'), 'garbage')
    await expect(opened.relay({ data: folder })).rejects.toThrow('is not a key')
  })

  it('says how to get the app when it is not built', async () => {
    const app = await opened.folder()
    await expect(opened.relay({ app })).rejects.toThrow('run "npm run build"')
    await expect(opened.relay({ app: join(app, 'none') })).rejects.toThrow('run "npm run build"')
  })

  it('goes on without webrtc-direct when its UDP port is taken, and says so', async () => {
    const { createSocket } = await import('node:dgram')
    const taken = createSocket('udp4')
    const port = await new Promise<number>((resolve) => {
      taken.bind(0, '127.0.0.1', () => resolve(taken.address().port))
    })
    const notices: string[] = []
    const relay = await opened.relay({
      webrtc: true,
      webrtcPort: port,
      onNotice: (each) => notices.push(each),
    })
    taken.close()
    expect((await ask(relay, '/healthz')).status).toBe(200)
    expect(notices).toEqual([expect.stringContaining(`webrtc-direct is off: UDP port ${port}`)])
  })

  it('tells a webrtc-direct address whose certificate outlives a restart', async () => {
    const data = await opened.folder()
    const hashOf = async (relay: Relay): Promise<string | undefined> =>
      /certhash\/([^/]+)/.exec((await ask(relay, '/relay.json')).body.toString())?.[1]
    const first = await opened.relay({ data, webrtc: true })
    const hash = await hashOf(first)
    await first.stop()
    expect(hash).toBeDefined()
    expect(await hashOf(await opened.relay({ data, webrtc: true }))).toBe(hash)
  })

  it('survives a remote that connects and says nothing sensible', async () => {
    const relay = await opened.relay()
    const { connect } = await import('node:net')
    const socket = connect(relay.port, '127.0.0.1')
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.end('\x16\x03\x01garbage\r\n\r\n')
    socket.resume()
    await ended
    expect((await ask(relay, '/healthz')).body.toString()).toBe('ok\n')
  })
})
