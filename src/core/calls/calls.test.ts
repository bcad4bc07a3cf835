import { describe, expect, it } from 'vitest'
import type { AccountId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { both, CallHouse, peopleOf, reasonOf } from './testing/call-house.ts'

const ann = 'ann' as AccountId
const ben = 'ben' as AccountId

async function house() {
  const all = new CallHouse()
  return {
    rooms: all.rooms,
    clock: all.clock,
    person: (peer: string, account: AccountId) => all.person(peer, account),
  }
}

async function liveCall() {
  const all = await house()
  const a = await all.person('a', ann)
  const b = await all.person('b', ben)
  await a.calls.ring(ben, both)
  await settle()
  await b.calls.accept(both)
  await settle(8)
  return { ...all, a, b }
}

describe('a one-to-one call', () => {
  it('CA-3 rings, is accepted and goes live on both sides', async () => {
    const { a, b } = await liveCall()
    expect([...new Set(a.states)]).toEqual(['ringing-out', 'connecting', 'live'])
    expect([...new Set(b.states)]).toEqual(['ringing-in', 'connecting', 'live'])
    expect(peopleOf(a)).toMatchObject([{ account: ben, link: 'connected', sends: both }])
    expect(peopleOf(b)).toMatchObject([{ account: ann, link: 'connected', sends: both }])
  })
  it('CA-3 sends no description and no candidate before it is accepted', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await settle()
    expect(b.calls.state().kind).toBe('ringing-in')
    expect(b.media.sessions).toHaveLength(0)
    expect(a.media.last.made).toHaveLength(0)
  })
  it('CA-3 ends as declined and reports once, by the caller', async () => {
    const { person } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await settle()
    b.calls.decline()
    await settle()
    expect([reasonOf(a), reasonOf(b)]).toEqual(['declined', 'declined'])
    expect([a.reports, b.reports]).toEqual([['declined'], []])
    expect(a.media.last.closed).toBe(true)
  })
  it('CA-3 answers busy while another call goes on', async () => {
    const { person, a, b } = await liveCall()
    const c = await person('c', 'cid' as AccountId)
    await c.calls.ring(ben, both)
    await settle()
    expect(reasonOf(c)).toBe('busy')
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
    expect([reasonOf(a), reasonOf(b)]).toEqual(['cancelled', 'cancelled'])
  })
  it('CA-5 ends as no-answer after 45 s', async () => {
    const { person, clock } = await house()
    const a = await person('a', ann)
    const b = await person('b', ben)
    await a.calls.ring(ben, both)
    await clock.advance(45_000)
    expect([reasonOf(a), reasonOf(b)]).toEqual(['no-answer', 'no-answer'])
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
    expect(peopleOf(a)).toMatchObject([{ peer: 'b2', link: 'connected' }])
    expect(reasonOf(b1)).toBe('answered-elsewhere')
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
    expect(peopleOf(a)).toMatchObject([{ link: 'connected', sends: { audio: true, video: false } }])
  })
  it('tells the other side about mute and camera', async () => {
    const { a, b } = await liveCall()
    await a.calls.setMuted(true)
    await a.calls.setCamera(false)
    await settle()
    expect(a.calls.local()).toEqual({ microphone: 'muted', camera: 'off', screen: 'off' })
    expect(peopleOf(b)).toMatchObject([{ sends: { audio: false, video: false } }])
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
    expect([reasonOf(a), reasonOf(b)]).toEqual(['failed', 'failed'])
  })
})

describe('a call whose link breaks', () => {
  it('CA-9 says reconnecting and comes back', async () => {
    const { a, clock } = await liveCall()
    a.media.last.to().link('disconnected')
    expect(peopleOf(a)).toMatchObject([{ link: 'reconnecting' }])
    await clock.advance(29_000)
    a.media.last.to().link('connected')
    expect(peopleOf(a)).toMatchObject([{ link: 'connected' }])
    await clock.advance(60_000)
    expect(a.calls.state().kind).toBe('live')
  })
  it('CA-9 is lost after 30 s without media', async () => {
    const { a, clock } = await liveCall()
    a.media.last.to().link('failed')
    await clock.advance(30_000)
    expect(reasonOf(a)).toBe('lost')
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
    expect(peopleOf(a)).toMatchObject([{ sends: { audio: false } }])
    b.calls.hangUp()
    await settle()
    expect(reasonOf(a)).toBe('hung-up')
  })
  it('CA-11 ends at once when the other member leaves', async () => {
    const { rooms, a, b } = await liveCall()
    await rooms.leave(b.room)
    expect(reasonOf(a)).toBe('hung-up')
  })
})
