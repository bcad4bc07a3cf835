import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import { silent } from '../base/logger.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import type { LoopbackRoom } from '../room/testing/loopback-room.ts'
import { LoopbackRooms } from '../room/testing/loopback-room.ts'
import { callProtocol, maxCallFrameBytes } from './constants.ts'
import { createCalls, type Calls, type CallState, type EndReason } from './index.ts'
import { encodeCallMessage } from './messages.ts'
import { FakeMedia } from './testing/fake-media.ts'

const both = { audio: true, video: true }
const ann = 'ann' as AccountId
const ben = 'ben' as AccountId

interface Person {
  readonly room: LoopbackRoom
  readonly calls: Calls
  readonly media: FakeMedia
  readonly states: CallState['kind'][]
  readonly reports: EndReason[]
}

async function house() {
  const rooms = new LoopbackRooms()
  const clock = new ManualClock()
  const person = async (peer: string, account: AccountId): Promise<Person> => {
    const room = await rooms.join(peer, account)
    const media = new FakeMedia()
    const reports: EndReason[] = []
    const calls = createCalls({
      room,
      media,
      clock,
      random: systemRandom,
      logger: silent,
      report: (ended) => reports.push(ended.reason),
    })
    const states: CallState['kind'][] = []
    calls.events.on('call:changed', ({ state }) => states.push(state.kind))
    await calls.start()
    return { room, calls, media, states, reports }
  }
  return { rooms, clock, person }
}

async function liveCall() {
  const all = await house()
  const a = await all.person('a', ann)
  const b = await all.person('b', ben)
  await a.calls.ring(ben, both)
  await settle()
  await b.calls.accept(both)
  await settle()
  return { ...all, a, b }
}

const reasonOf = (calls: Calls): EndReason | undefined => {
  const state = calls.state()
  return state.kind === 'ended' ? state.reason : undefined
}

describe('a one-to-one call', () => {
  it('CA-3 rings, is accepted and goes live on both sides', async () => {
    const { a, b } = await liveCall()
    expect([...new Set(a.states)]).toEqual(['ringing-out', 'connecting', 'live'])
    expect([...new Set(b.states)]).toEqual(['ringing-in', 'connecting', 'live'])
    expect(a.calls.state()).toMatchObject({ account: ben, remote: both })
    expect(b.calls.state()).toMatchObject({ account: ann, remote: both })
  })
  it('CA-3 sends no description and no candidate before it is accepted', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await settle()
    expect(b.calls.state().kind).toBe('ringing-in')
    expect(b.media.sessions).toHaveLength(0)
    expect(a.media.last.received).toHaveLength(0)
  })
  it('CA-3 ends as declined and reports once, by the caller', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await settle()
    b.calls.decline()
    await settle()
    expect([reasonOf(a.calls), reasonOf(b.calls)]).toEqual(['declined', 'declined'])
    expect([a.reports, b.reports]).toEqual([['declined'], []])
    expect(a.media.last.closed).toBe(true)
  })
  it('CA-3 answers busy while another call goes on', async () => {
    const { person, a, b } = await liveCall()
    const c = await person('c', 'cid' as AccountId)
    await c.calls.ring(ben, both)
    await settle()
    expect(reasonOf(c.calls)).toBe('busy')
    expect([a.calls.state().kind, b.calls.state().kind]).toEqual(['live', 'live'])
  })
  it('ends as cancelled on both sides when the caller gives up', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await settle()
    a.calls.hangUp()
    await settle()
    expect([reasonOf(a.calls), reasonOf(b.calls)]).toEqual(['cancelled', 'cancelled'])
  })
  it('CA-5 ends as no-answer after 45 s', async () => {
    const { person, clock } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await clock.advance(45_000)
    expect([reasonOf(a.calls), reasonOf(b.calls)]).toEqual(['no-answer', 'no-answer'])
    expect(clock.pending).toBe(0)
  })
  it('ends for both when one hangs up, with its duration', async () => {
    const { a, b, clock } = await liveCall()
    await clock.advance(61_000)
    b.calls.hangUp()
    await settle()
    expect(a.calls.state()).toMatchObject({ kind: 'ended', reason: 'hung-up', durationMs: 61_000 })
    expect(a.reports).toEqual(['hung-up'])
    expect([a.media.last.closed, b.media.last.closed]).toEqual([true, true])
    a.calls.dismiss()
    expect(a.calls.state().kind).toBe('idle')
  })
  it('CA-4 rings every tab of a person; the first to accept has it', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b1 = await person('b1', ben)
    const b2 = await person('b2', ben)
    await a.calls.ring(ben, both)
    await settle()
    expect([b1.calls.state().kind, b2.calls.state().kind]).toEqual(['ringing-in', 'ringing-in'])
    await b2.calls.accept(both)
    await settle()
    expect(a.calls.state()).toMatchObject({ kind: 'live', peer: 'b2' })
    expect(reasonOf(b1.calls)).toBe('answered-elsewhere')
  })
  it('CA-7 becomes one call when both ring at once', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await Promise.all([a.calls.ring(ben, both), b.calls.ring(ann, both)])
    await settle()
    expect([a.calls.state().kind, b.calls.state().kind]).toEqual(['live', 'live'])
    const [left, right] = [a.calls.state(), b.calls.state()]
    expect('call' in left && 'call' in right && left.call === right.call).toBe(true)
  })
  it('CA-6 goes on without a camera that was refused', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    b.media.camera = 'refused'
    await a.calls.ring(ben, both)
    await settle()
    await b.calls.accept(both)
    await settle()
    expect(b.calls.local().camera).toBe('refused')
    expect(a.calls.state()).toMatchObject({ kind: 'live', remote: { audio: true, video: false } })
  })
  it('tells the other side about mute and camera', async () => {
    const { a, b } = await liveCall()
    await a.calls.setMuted(true)
    await a.calls.setCamera(false)
    await settle()
    expect(a.calls.local()).toEqual({ microphone: 'muted', camera: 'off' })
    expect(b.calls.state()).toMatchObject({ remote: { audio: false, video: false } })
  })
  it('refuses a second ring and an absent person by name', async () => {
    const { a } = await liveCall()
    await expect(a.calls.ring(ben, both)).rejects.toMatchObject({ name: 'AlreadyInCallError' })
    a.calls.hangUp()
    await expect(a.calls.ring('nobody' as AccountId, both)).rejects.toMatchObject({
      name: 'NotReachableError',
    })
  })
  it('fails on both sides when the media engine fails', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    b.media.failure = new Error('no engine')
    await a.calls.ring(ben, both)
    await settle()
    await b.calls.accept(both)
    await settle()
    expect([reasonOf(a.calls), reasonOf(b.calls)]).toEqual(['failed', 'failed'])
  })
})

describe('a call whose link breaks', () => {
  it('CA-9 says reconnecting and comes back', async () => {
    const { a, clock } = await liveCall()
    a.media.last.link('disconnected')
    expect(a.calls.state()).toMatchObject({ kind: 'live', reconnecting: true })
    await clock.advance(29_000)
    a.media.last.link('connected')
    expect(a.calls.state()).toMatchObject({ kind: 'live', reconnecting: false })
    await clock.advance(60_000)
    expect(a.calls.state().kind).toBe('live')
  })
  it('CA-9 is lost after 30 s without media', async () => {
    const { a, clock } = await liveCall()
    a.media.last.link('failed')
    await clock.advance(30_000)
    expect(reasonOf(a.calls)).toBe('lost')
  })
  it('CA-9 keeps going without signalling and resumes it', async () => {
    const { rooms, a, b, clock } = await liveCall()
    rooms.network.cut(a.room.mesh, b.room.mesh)
    await clock.advance(3_000)
    expect([a.calls.state().kind, b.calls.state().kind]).toEqual(['live', 'live'])
    await a.room.mesh.connect({ peer: b.room.self.peer, addresses: [] })
    await clock.advance(2_000)
    await b.calls.setMuted(true)
    await settle()
    expect(a.calls.state()).toMatchObject({ remote: { audio: false } })
    b.calls.hangUp()
    await settle()
    expect(reasonOf(a.calls)).toBe('hung-up')
  })
  it('CA-11 ends at once when the other member leaves', async () => {
    const { rooms, a, b } = await liveCall()
    await rooms.leave(b.room)
    expect(reasonOf(a.calls)).toBe('hung-up')
  })
})

describe('hostile call streams', () => {
  async function attacked() {
    const { person, clock } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.stop()
    const open = () =>
      a.room.openStream('b' as PeerId, callProtocol, { maxFrameBytes: maxCallFrameBytes, overRelay: true })
    return { a, b, open, clock }
  }
  const invite = (n: number) => encodeCallMessage({ t: 'invite', call: callId(n), ...both })

  it.each([
    ['garbage', new Uint8Array([1, 2, 3])],
    ['an oversized frame', new Uint8Array(maxCallFrameBytes + 1)],
    ['an answer without a call', encodeCallMessage({ t: 'accept' })],
    [
      'a signal without a call',
      encodeCallMessage({ t: 'signal', signal: { kind: 'media', audio: true, video: true } }),
    ],
    ['resuming a call that is not there', encodeCallMessage({ t: 'resume', call: callId(1) })],
  ])('CA-1 %s ends the stream and rings nobody', async (_, frame) => {
    const { b, open } = await attacked()
    const stream = await open()
    await stream.send(frame)
    await settle()
    expect(stream.signal.aborted).toBe(true)
    expect(b.states).toEqual([])
  })
  it('CA-8 a replayed call id does not ring again', async () => {
    const { b, open } = await attacked()
    const first = await open()
    await first.send(invite(1))
    await settle()
    b.calls.decline()
    const second = await open()
    await second.send(invite(1))
    await settle()
    expect(second.signal.aborted).toBe(true)
    expect(b.states).toEqual(['ringing-in', 'ended'])
  })
  it('CA-8 a storm of invites rings six times a minute at most', async () => {
    const { b, open, clock } = await attacked()
    const rings = () => b.states.filter((kind) => kind === 'ringing-in').length
    for (let n = 0; n < 20; n++) {
      const stream = await open()
      await stream.send(invite(n))
      await settle()
      b.calls.decline()
    }
    expect(rings()).toBe(6)
    await clock.advance(60_000)
    await (await open()).send(invite(99))
    await settle()
    expect(rings()).toBe(7)
  })
  it('CA-1 a thousand candidates break the stream, not the tab', async () => {
    const { b, open } = await attacked()
    const stream = await open()
    await stream.send(invite(1))
    const candidate = {
      kind: 'candidate',
      candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
      mid: '0',
      line: 0,
      ufrag: 'u',
    } as const
    const frame = encodeCallMessage({ t: 'signal', signal: candidate })
    for (let n = 0; n < 1000 && !stream.signal.aborted; n++) await stream.send(frame).catch(() => {})
    await settle()
    expect(stream.signal.aborted).toBe(true)
    expect(reasonOf(b.calls)).toBe('cancelled')
  })
})

function callId(n: number): CallId {
  return toBase64Url(new Uint8Array(16).fill(n)) as CallId
}
