import { describe, expect, it, vi } from 'vitest'
import { errorName } from '../../base/errors.ts'
import type { PeerId } from '../../base/ids.ts'
import type { Link, Mesh, MeshStream, PeerAddress } from '../index.ts'

const protocol = '/test/echo/1'
const bytes = (...values: number[]) => new Uint8Array(values)

/** A mesh under test with the address by which others reach it. */
export interface TestMesh {
  readonly mesh: Mesh
  readonly address: PeerAddress
}

/** Resolves with the next payload of an event. */
export function next<T>(on: (listener: (payload: T) => void) => () => void): Promise<T> {
  return new Promise((resolve) => {
    const off = on((payload) => {
      off()
      resolve(payload)
    })
  })
}

async function echo(stream: MeshStream): Promise<void> {
  for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive())
    await stream.send(frame)
  await stream.close()
}

/** Waits for the end of a stream that the other side aborted: a data channel tells its reset as an orderly end now and then (ME-1). */
async function over(stream: MeshStream): Promise<void> {
  const end = await stream.receive().catch((error: unknown) => errorName(error))
  expect([undefined, 'StreamClosedError']).toContain(end)
}

/** What every adapter of the mesh port must do. @param make gives started meshes that can reach each other */
export function meshSuite(title: string, make: (count: number) => Promise<readonly TestMesh[]>): void {
  async function linked() {
    const [a, b] = await make(2)
    if (a === undefined || b === undefined) throw new Error('two meshes were asked for')
    await a.mesh.connect(b.address)
    const admit = (): void => {
      a.mesh.setAdmitted(b.mesh.self, true)
      b.mesh.setAdmitted(a.mesh.self, true)
    }
    return { a: a.mesh, b: b.mesh, to: b.address, admit }
  }

  describe(`${title}: streams`, () => {
    it('ME-1 carry frames both ways in order and end in order', async () => {
      const { a, b, admit } = await linked()
      admit()
      b.handle(protocol, echo, { maxFrameBytes: 100_000 })
      const stream = await a.openStream(b.self, protocol, { maxFrameBytes: 100_000 })
      const frames = [bytes(), bytes(1), new Uint8Array(127).fill(2), new Uint8Array(100_000).fill(3)]
      for (const frame of frames) await stream.send(frame)
      for (const frame of frames) expect(await stream.receive()).toEqual(frame)
      await stream.close()
      expect(await stream.receive()).toBeUndefined()
    })
    it('ME-4 refuse a frame over the bound and end', async () => {
      const { a, b, admit } = await linked()
      admit()
      const seen = new Promise<unknown>((resolve) => {
        b.handle(protocol, (stream) => stream.receive().then(resolve, resolve), { maxFrameBytes: 10 })
      })
      const stream = await a.openStream(b.self, protocol, { maxFrameBytes: 10 })
      await stream.send(new Uint8Array(11)).catch(() => undefined)
      expect(await seen).toMatchObject({ name: 'InvalidMessageError' })
      await over(stream)
    })
    it('ME-2 are not answered before admission, except where asked for', async () => {
      const { a, b } = await linked()
      const seen: string[] = []
      const note = (name: string) => async (stream: MeshStream) => {
        seen.push(name)
        await echo(stream)
      }
      b.handle('/test/guarded/1', note('guarded'), { maxFrameBytes: 10 })
      b.handle('/test/open/1', note('open'), { maxFrameBytes: 10, beforeAdmission: true })
      const guarded = await a
        .openStream(b.self, '/test/guarded/1', { maxFrameBytes: 10 })
        .then((stream) => stream.receive())
        .catch(() => undefined) // refused at once or after it opened
      expect(guarded).toBeUndefined()
      const open = await a.openStream(b.self, '/test/open/1', { maxFrameBytes: 10 })
      await open.send(bytes(1))
      expect(await open.receive()).toEqual(bytes(1))
      expect(seen).toEqual(['open'])
      await open.close()
    })
    it('ME-1 end with the error of a handler that throws, and the mesh goes on', async () => {
      const { a, b, admit } = await linked()
      admit()
      b.handle(protocol, () => Promise.reject(new Error('boom')), { maxFrameBytes: 10 })
      // The abort may come while the stream is still being opened.
      const opening = a.openStream(b.self, protocol, { maxFrameBytes: 10 })
      const end = await opening.then(over).catch((error: unknown) => errorName(error))
      expect([undefined, 'StreamClosedError']).toContain(end)
      b.handle(protocol, echo, { maxFrameBytes: 10 })
      const again = await a.openStream(b.self, protocol, { maxFrameBytes: 10 })
      await again.send(bytes(7))
      expect(await again.receive()).toEqual(bytes(7))
    })
    it('ME-15 have a line of their own where asked for, and the link stays when it ends', async () => {
      const { a, b, admit } = await linked()
      admit()
      b.handle(protocol, echo, { maxFrameBytes: 10 })
      const ended: PeerId[] = []
      for (const mesh of [a, b]) mesh.events.on('link:closed', ({ peer }) => ended.push(peer))
      const before = await a.openStream(b.self, protocol, { maxFrameBytes: 10 })
      const open = (): Promise<MeshStream> =>
        a.openStream(b.self, protocol, { maxFrameBytes: 10, ownLine: true })
      // Not while the link's signalling could still go through a relay.
      const own = await vi.waitFor(open, { timeout: 10_000, interval: 100 })
      await own.send(bytes(7))
      expect(await own.receive()).toEqual(bytes(7))
      own.abort(new Error('enough'))
      const again = await vi.waitFor(open, { timeout: 10_000 })
      await again.send(bytes(8))
      expect(await again.receive()).toEqual(bytes(8))
      await before.send(bytes(9))
      expect(await before.receive()).toEqual(bytes(9))
      expect(ended).toEqual([])
    })
    it('ME-1 a wait for a frame ends when its signal fires', async () => {
      const { a, b, admit } = await linked()
      admit()
      b.handle(protocol, echo, { maxFrameBytes: 10 })
      const stream = await a.openStream(b.self, protocol, { maxFrameBytes: 10 })
      const control = new AbortController()
      const wait = expect(stream.receive({ signal: control.signal })).rejects.toMatchObject({
        name: 'AbortError',
      })
      control.abort()
      await wait
    })
  })

  describe(`${title}: links`, () => {
    it('ME-5 are told once when they open and once when they close', async () => {
      const { a, b } = await linked()
      expect(a.link(b.self)?.peer).toBe(b.self)
      const closed = next<{ peer: PeerId }>((listener) => a.events.on('link:closed', listener))
      await b.disconnect(a.self)
      expect((await closed).peer).toBe(b.self)
      expect(a.link(b.self)).toBeUndefined()
      const opened = next<Link>((listener) => a.events.on('link:opened', listener))
      await b.connect({ peer: a.self, addresses: [`/memory/${a.self}/p2p/${a.self}`] })
      expect((await opened).peer).toBe(b.self)
    })
    it('ME-5 are refused by name when nobody is there', async () => {
      const { a } = await linked()
      const nobody = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN' as PeerId
      const target = { peer: nobody, addresses: [`/memory/${nobody}/p2p/${nobody}`] }
      await expect(a.connect(target)).rejects.toMatchObject({ name: 'DialError' })
      await expect(a.openStream(nobody, protocol, { maxFrameBytes: 1 })).rejects.toMatchObject({
        name: 'NoLinkError',
      })
    })
    it('ME-3 are not made direct with a peer that is not admitted', async () => {
      const { a, b, to } = await linked()
      if (a.link(b.self)?.path === 'direct') return expect(a.isAdmitted(b.self)).toBe(false)
      await expect(a.connectDirect(to)).rejects.toMatchObject({ name: 'DialError' })
    })
  })
}
