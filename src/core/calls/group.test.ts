import { describe, expect, it } from 'vitest'
import type { AccountId, PeerId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { both, CallHouse, linksOf, peopleOf, reasonOf, type Person } from './testing/call-house.ts'

const quiet = { audio: true, video: false }

/** Everyone is linked to everyone else, by one connection for each pair. */
function expectMesh(people: readonly Person[]): void {
  for (const one of people) {
    const others = people.filter((other) => other !== one).map(({ room }) => room.self.peer)
    expect(new Set(linksOf(one))).toEqual(new Set(others.map((peer) => `${peer} connected`)))
    expect(one.media.last.open).toBe(others.length)
  }
}

describe('the call of a room', () => {
  it('CA-14 is begun by one, seen by all, and joined by whoever likes', async () => {
    const house = new CallHouse()
    const [a, b, c] = (await house.people('a', 'b', 'c')) as [Person, Person, Person]
    await a.calls.join(both)
    await settle()
    expect(a.calls.state()).toMatchObject({ kind: 'live', people: [] })
    expect(b.calls.ongoing()).toMatchObject({ accounts: ['account of a'], isIn: false })
    await b.calls.join(quiet)
    await c.calls.join(both)
    await settle(8)
    expectMesh([a, b, c])
    expect(peopleOf(a).map(({ sends }) => sends.video)).toEqual([false, true])
    expect(a.calls.ongoing()?.accounts).toHaveLength(3)
  })
  it('CA-15 links everyone once however many join at the same moment', async () => {
    for (let round = 0; round < 10; round++) {
      const house = new CallHouse()
      const people = await house.people('d', 'b', 'a', 'c')
      await Promise.all(people.map(({ calls }) => calls.join(both)))
      await settle(12)
      expectMesh(people)
    }
  })
  it('CA-14 is shown to a member who comes later, and can be joined by them', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    const c = await house.person('c')
    await house.clock.advance(1_000)
    expect(c.calls.ongoing()).toMatchObject({ accounts: ['account of a', 'account of b'] })
    await c.calls.join(both)
    await settle(8)
    expectMesh([a, b, c])
  })
  it('CA-14 goes on when one leaves, and is over for the room when the last one does', async () => {
    const house = new CallHouse()
    const [a, b, c] = (await house.joined('a', 'b', 'c')) as [Person, Person, Person]
    c.calls.hangUp()
    await settle()
    expectMesh([a, b])
    expect(reasonOf(c)).toBe('hung-up')
    expect(c.media.last.closed).toBe(true)
    b.calls.hangUp()
    await settle()
    expect(a.calls.state()).toMatchObject({ kind: 'live', people: [] })
    a.calls.hangUp()
    await settle()
    expect(b.calls.ongoing()).toBeUndefined()
    expect(a.calls.state()).toMatchObject({ met: ['account of b', 'account of c'] })
  })
  it('CA-14 a rung call becomes one of the room when a third joins, and then outlives the caller', async () => {
    const house = new CallHouse()
    const [a, b, c] = (await house.people('a', 'b', 'c')) as [Person, Person, Person]
    await a.calls.ring('account of b' as AccountId, both)
    await settle()
    await b.calls.accept(both)
    await settle(8)
    expect(c.calls.ongoing()?.accounts).toHaveLength(2)
    await c.calls.join(both)
    await settle(8)
    expectMesh([a, b, c])
    a.calls.hangUp()
    await settle()
    expectMesh([b, c])
    expect(a.reports).toEqual(['hung-up'])
  })
  it('CA-16 gives who reloads a new link in the old place', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b', 'c')) as [Person, Person, Person]
    expect(linksOf(a)).toEqual(['b connected', 'c connected'])
    await house.rooms.crash(b.room)
    await settle()
    a.media.last.to('b').link('disconnected')
    expect(linksOf(a)).toEqual(['b reconnecting', 'c connected'])
    const again = await house.person('b')
    await house.clock.advance(4_000)
    expect(again.calls.ongoing()?.accounts).toHaveLength(2)
    await again.calls.join(both)
    await settle(8)
    expect(linksOf(a)).toEqual(['b connected', 'c connected'])
    expect(a.media.last.open).toBe(2)
    expect(again.media.last.open).toBe(2)
  })
  it('CA-9 keeps a silent participant for 30 s, then lets go', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    house.rooms.network.cut(a.room.mesh, b.room.mesh)
    a.media.last.to('b').link('disconnected')
    await house.clock.advance(29_000)
    expect(linksOf(a)).toEqual(['b reconnecting'])
    await house.clock.advance(3_000)
    expect(linksOf(a)).toEqual([])
    expect(a.calls.state().kind).toBe('live')
  })
  it('CA-9 leaves media alone while only signalling is cut, and tells of mute once it is back', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    house.rooms.network.cut(a.room.mesh, b.room.mesh)
    await house.clock.advance(45_000)
    expect(linksOf(a)).toEqual(['b connected'])
    await a.room.mesh.connect({ peer: b.room.self.peer, addresses: [] })
    await b.calls.setMuted(true)
    await house.clock.advance(11_000)
    expect(peopleOf(a)).toMatchObject([{ link: 'connected', sends: { audio: false } }])
    expect([a.media.last.made.length, b.media.last.made.length]).toEqual([1, 1])
  })
  it('CA-9 tries a link that failed again, with a new connection', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.people('a', 'b')) as [Person, Person]
    b.media.connects = false
    await a.calls.join(both)
    await b.calls.join(both)
    await settle(8)
    a.media.last.to('b').link('failed')
    await house.clock.advance(30_000)
    expect(linksOf(b)).toEqual(['a lost'])
    b.media.connects = true
    await house.clock.advance(12_000)
    expectMesh([a, b])
  })
  it('CA-17 looks for a new way when the link breaks, at once when the network changed', async () => {
    const house = new CallHouse()
    const [a] = (await house.joined('a', 'b', 'c')) as [Person, Person, Person]
    a.media.last.to('b').link('disconnected')
    await house.clock.advance(2_000)
    expect([a.media.last.to('b').restarts, a.media.last.to('c').restarts]).toEqual([1, 0])
    a.calls.restart(false)
    a.calls.restart(true)
    expect([a.media.last.to('b').restarts, a.media.last.to('c').restarts]).toEqual([3, 1])
  })
  it('CA-17 stays muted through every reconnect', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    await b.calls.setMuted(true)
    b.media.last.to('a').link('failed')
    a.media.last.to('b').link('failed')
    await house.clock.advance(33_000)
    expectMesh([a, b])
    expect(b.calls.local().microphone).toBe('muted')
    expect(peopleOf(a)).toMatchObject([{ sends: { audio: false } }])
  })
  it('CA-13 shows hands, screens and reactions of everyone', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    const seen: string[] = []
    for (const { calls } of [a, b]) {
      calls.events.on('reaction:shown', ({ peer, emoji }) => seen.push(`${peer} ${emoji}`))
    }
    b.calls.setHand(true)
    await b.calls.setScreen(true)
    b.calls.react('👏')
    await settle()
    expect(peopleOf(a)).toMatchObject([{ hand: true, sends: { screen: true } }])
    expect(seen).toEqual(['b 👏', 'b 👏'])
    b.media.last.set({ screen: 'off' }) // stopped from the browser's own bar
    await settle()
    expect(peopleOf(a)).toMatchObject([{ sends: { screen: false } }])
  })
  it('CA-19 sends each receiver what it asked for, and less the more there are', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    a.calls.want(b.room.self.peer, 'large')
    await settle()
    expect(b.media.last.to('a').limits).toMatchObject({ isActive: true, maxHeight: 720 })
    const [c] = (await house.people('c')) as [Person]
    await house.clock.advance(1_000)
    await c.calls.join(both)
    await settle(8)
    expect(b.media.last.to('a').limits).toMatchObject({ maxHeight: 360 })
    a.calls.want(b.room.self.peer, 'none')
    await settle()
    expect(b.media.last.to('a').limits).toMatchObject({ isActive: false })
    expect(b.media.last.to('c').limits).toMatchObject({ isActive: true })
  })
  it('CA-19 gives way while its receiver loses packets, and comes back', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    a.calls.want(b.room.self.peer, 'large')
    b.media.last.to('a').seenLoss = 0.2
    await house.clock.advance(8_000)
    expect(b.media.last.to('a').limits).toMatchObject({ isActive: true, maxHeight: 180 })
    b.media.last.to('a').seenLoss = 0
    await house.clock.advance(25_000)
    expect(b.media.last.to('a').limits).toMatchObject({ maxHeight: 720 })
  })
  it('CA-20 tells how well each comes through, and nothing while a link is broken', async () => {
    const house = new CallHouse()
    const [a] = (await house.joined('a', 'b')) as [Person, Person]
    const peer = 'b' as PeerId
    expect(a.calls.qualityOf(peer)).toBeUndefined()
    await house.clock.advance(2_500)
    expect(a.calls.qualityOf(peer)).toMatchObject({ grade: 'good', fps: 30, rttMs: 10 })
    a.media.last.to('b').link('disconnected')
    expect(a.calls.qualityOf(peer)).toBeUndefined()
  })
  it('CA-21 asks one or all to mute or speak, switches nothing, and cannot pester', async () => {
    const house = new CallHouse()
    const [a, b, c] = (await house.joined('a', 'b', 'c')) as [Person, Person, Person]
    const heard: string[] = []
    for (const { calls, room } of [b, c]) {
      calls.events.on('request:heard', ({ peer, what }) => heard.push(`${room.self.peer}: ${peer} ${what}`))
    }
    a.calls.ask('mute')
    await settle()
    expect(heard.sort()).toEqual(['b: a mute', 'c: a mute'])
    await b.calls.setMuted(true)
    for (let n = 0; n < 20; n++) a.calls.ask('speak', b.room.self.peer)
    await settle()
    expect(heard.filter((one) => one === 'b: a speak')).toHaveLength(3)
    expect([b.calls.local().microphone, c.calls.local().microphone]).toEqual(['muted', 'on'])
  })
  it('CA-6 goes on with whatever devices there are, and without any', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.people('a', 'b')) as [Person, Person]
    b.media.camera = 'missing'
    await a.calls.join({ audio: false, video: false })
    await b.calls.join(both)
    await settle(8)
    expect(peopleOf(a)).toMatchObject([{ link: 'connected', sends: { audio: true, video: false } }])
    expect(peopleOf(b)).toMatchObject([{ link: 'connected', sends: { audio: false, video: false } }])
  })
  it('is refused by name to who is in a call already, and to one too many', async () => {
    const house = new CallHouse()
    const [a] = (await house.joined('a')) as [Person]
    await expect(a.calls.join(both)).rejects.toMatchObject({ name: 'AlreadyInCallError' })
    const names = Array.from({ length: 23 }, (_, n) => `p${String(n + 10)}`)
    const people = await house.people(...names)
    for (const { calls } of people.slice(0, 22)) await calls.join(both)
    await settle(12)
    const last = await house.person('z')
    await people[22]?.calls.join(both)
    await house.clock.advance(1_000)
    await expect(last.calls.join(both)).rejects.toMatchObject({ name: 'CallFullError' })
  }, 60_000)
  it('leaves no link and no timer behind after fifty rounds', async () => {
    const house = new CallHouse()
    const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
    for (let round = 0; round < 50; round++) {
      b.calls.hangUp()
      await settle()
      await b.calls.join(both)
      await house.clock.advance(3_000)
    }
    await settle(8)
    expectMesh([a, b])
    a.calls.hangUp()
    b.calls.hangUp()
    await house.clock.advance(61_000)
    expect(b.media.sessions.every(({ open }) => open === 0)).toBe(true)
    expect(a.media.sessions.every(({ open }) => open === 0)).toBe(true)
    expect(house.clock.pending).toBe(0)
  })
})
