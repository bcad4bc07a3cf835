import { describe, expect, it } from 'vitest'
import type { AccountId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { resumeRetryMs } from './constants.ts'
import type { MediaSignal } from './media.ts'
import { both, CallHouse, linksOf, reasonOf, type Person } from './testing/call-house.ts'
import { fakeSdp } from './testing/fake-media.ts'

const relay = 'candidate:1 1 udp 1 203.0.113.1 50000 typ relay raddr 198.51.100.7 rport 4444'
const shown = 'candidate:1 1 udp 1 203.0.113.1 50000 typ relay raddr 0.0.0.0 rport 0'
const host = 'candidate:1 1 udp 1 192.168.1.5 9 typ host'
const candidate = (text: string): MediaSignal => ({
  kind: 'candidate',
  candidate: text,
  mid: '0',
  line: 0,
  ufrag: 'ufrag',
})

async function pair(): Promise<{ house: CallHouse; a: Person; b: Person }> {
  const house = new CallHouse()
  const [a, b] = (await house.people('a', 'b')) as [Person, Person]
  return { house, a, b }
}

const candidatesAt = (person: Person): string[] =>
  person.media.last.to().received.flatMap((one) => (one.kind === 'candidate' ? [one.candidate] : []))

describe('a call that hides addresses', () => {
  it('CA-22 makes connections through TURN servers only, and says so', async () => {
    const { house, a, b } = await pair()
    await a.calls.setRelayOnly(true)
    for (const { calls } of [a, b]) await calls.join(both)
    await settle(8)
    expect([a.media.last.to().isHidden, b.media.last.to().isHidden]).toEqual([true, false])
    for (let second = 0; second < 3; second++) await house.clock.advance(1_000)
    expect(a.calls.qualityOf(b.room.self.peer)?.path).toBe('hidden')
    expect(b.calls.qualityOf(a.room.self.peer)?.path).toBe('direct')
  })
  it('CA-22 sends and takes candidates of TURN servers only, whatever the engine or the other side does', async () => {
    const { a, b } = await pair()
    await a.calls.setRelayOnly(true)
    for (const { calls } of [a, b]) await calls.join(both)
    await settle(8)
    for (const person of [a, b]) {
      for (const text of [host, relay]) person.media.last.to().tell(candidate(text))
      person.media.last.to().tell({
        kind: 'description',
        type: 'offer',
        sdp: `${fakeSdp()}a=${host}\r\na=${relay}\r\n`,
      })
    }
    await settle(8)
    expect(candidatesAt(b)).toEqual([shown])
    expect(candidatesAt(a)).toEqual([shown])
    const atB = JSON.stringify(b.media.last.to().received)
    expect(atB).toContain(shown)
    expect(atB).not.toContain('192.168.1.5')
    expect(atB).not.toContain('198.51.100.7')
  })
  it('CA-22 goes on with new connections when it is switched in between, the old ones closed', async () => {
    const { house, a, b } = await pair()
    for (const { calls } of [a, b]) await calls.join(both)
    await settle(8)
    for (const [who, isOn] of [
      [a, true],
      [b, true],
      [a, false],
    ] as const) {
      const old = [a, b].map(({ media }) => media.last.to())
      await who.calls.setRelayOnly(isOn)
      expect(old[who === a ? 0 : 1]?.closed).toBe(true)
      await settle(8)
      await house.clock.advance(resumeRetryMs)
      await settle(8)
      expect([linksOf(a), linksOf(b)]).toEqual([['b connected'], ['a connected']])
      expect(old.map(({ closed }) => closed)).toEqual([true, true])
      expect([a, b].map(({ media }) => media.last.open)).toEqual([1, 1])
    }
    expect([a, b].map(({ media }) => media.last.to().isHidden)).toEqual([false, true])
  })
  it('CA-22 that was rung goes on as well', async () => {
    const { house, a, b } = await pair()
    await a.calls.ring('account of b' as AccountId, both)
    await settle()
    await b.calls.accept(both)
    await settle(8)
    for (const person of [a, b]) {
      await person.calls.setRelayOnly(true)
      await settle(8)
      await house.clock.advance(resumeRetryMs)
      await settle(8)
      expect([linksOf(a), linksOf(b)]).toEqual([['b connected'], ['a connected']])
    }
    expect([a, b].map(({ media }) => media.last.to().isHidden)).toEqual([true, true])
    expect([reasonOf(a), reasonOf(b)]).toEqual([undefined, undefined])
  })
})

describe('a relay without a TURN server', () => {
  it('CA-22 lets no hidden call begin, by name, and none shown instead', async () => {
    const { a, b } = await pair()
    a.media.hasTurn = false
    await a.calls.setRelayOnly(true)
    expect(await a.calls.canRelay()).toBe(false)
    const named = { name: 'NoTurnServerError' }
    await expect(a.calls.join(both)).rejects.toMatchObject(named)
    await expect(a.calls.ring('account of b' as AccountId, both)).rejects.toMatchObject(named)
    await b.calls.ring('account of a' as AccountId, both)
    await settle()
    await expect(a.calls.accept(both)).rejects.toMatchObject(named)
    expect(a.calls.state().kind).toBe('ringing-in')
    expect(a.media.sessions).toEqual([])
  })
  it('CA-22 does not let a call be hidden that goes on shown', async () => {
    const { a, b } = await pair()
    for (const { calls } of [a, b]) await calls.join(both)
    await settle(8)
    a.media.hasTurn = false
    await expect(a.calls.setRelayOnly(true)).rejects.toMatchObject({ name: 'NoTurnServerError' })
    expect([a.calls.isRelayOnly(), linksOf(a)]).toEqual([false, ['b connected']])
  })
  it('CA-22 begins one call only, however often it is asked for meanwhile', async () => {
    const { a } = await pair()
    await a.calls.setRelayOnly(true)
    const results = await Promise.allSettled([a.calls.join(both), a.calls.join(both)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})
