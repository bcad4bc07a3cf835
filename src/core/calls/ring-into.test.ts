import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import type { MeshStream } from '../mesh/index.ts'
import { announceProtocol, callProtocol, maxCallFrameBytes } from './constants.ts'
import type { RingIntoOutcome } from './index.ts'
import {
  decodeCallMessage,
  encodeAnnouncement,
  encodeCallMessage,
  type CallMessage,
  type RingId,
  type SessionId,
} from './messages.ts'
import { both, CallHouse, linksOf, reasonOf, type Person } from './testing/call-house.ts'
import { fakeSdp } from './testing/fake-media.ts'

const accountOf = (name: string): AccountId => `account of ${name}` as AccountId

/** How the rings of one person ended. */
function outcomesOf({ calls }: Person): string[] {
  const outcomes: string[] = []
  calls.events.on('ring:ended', ({ account, outcome }) => outcomes.push(`${account}: ${outcome}`))
  return outcomes
}

/** `a` and `b` are in the room's call, `c` is not. */
async function withCall() {
  const house = new CallHouse()
  const [a, b] = (await house.joined('a', 'b')) as [Person, Person]
  const c = await house.person('c')
  await house.clock.advance(1_000)
  return { house, a, b, c, outcomes: outcomesOf(a) }
}

describe('ringing a further person into a call', () => {
  it('CA-24 rings them, and an accept brings them in, linked to everyone', async () => {
    const { a, b, c, outcomes } = await withCall()
    a.calls.ringInto(accountOf('c'))
    await settle()
    expect(c.calls.state()).toMatchObject({
      kind: 'ringing-in',
      account: accountOf('a'),
      others: [accountOf('b')],
    })
    expect(a.calls.ringingInto()).toEqual([accountOf('c')])
    expect([a.calls.state().kind, c.media.sessions.length]).toEqual(['live', 0])
    await c.calls.accept({ audio: true, video: false })
    await settle(8)
    expect(linksOf(c)).toEqual(expect.arrayContaining(['a connected', 'b connected']))
    expect(linksOf(a)).toEqual(expect.arrayContaining(['b connected', 'c connected']))
    expect(linksOf(b)).toHaveLength(2)
    expect(outcomes).toEqual([`${accountOf('c')}: accepted`])
    expect(a.calls.ringingInto()).toEqual([])
    // It is no rung call: it goes on without the one who rang, and is reported by nobody.
    a.calls.hangUp()
    await settle()
    expect(linksOf(c)).toEqual(['b connected'])
    expect([a.reports, c.reports]).toEqual([[], []])
  })
  it('CA-24 makes a rung call of two one of the room, which then outlives either', async () => {
    const house = new CallHouse()
    const [a, b, c] = (await house.people('a', 'b', 'c')) as [Person, Person, Person]
    await a.calls.ring(accountOf('b'), both)
    await settle()
    await b.calls.accept(both)
    await settle(8)
    b.calls.ringInto(accountOf('c'))
    await settle()
    await c.calls.accept(both)
    await settle(8)
    a.calls.hangUp()
    await settle()
    expect(linksOf(b)).toEqual(['c connected'])
  })
  it('CA-4 rings every tab; the first to accept has it', async () => {
    const { house, a, outcomes } = await withCall()
    const [d1, d2] = [await house.person('d1', 'dan'), await house.person('d2', 'dan')]
    await house.clock.advance(1_000)
    a.calls.ringInto('dan' as AccountId)
    await settle()
    await d2.calls.accept(both)
    await settle(8)
    expect(reasonOf(d1)).toBe('answered-elsewhere')
    expect(linksOf(d2)).toHaveLength(2)
    expect(outcomes).toEqual(['dan: accepted'])
  })
  const answers: [
    RingIntoOutcome,
    (c: Person, house: CallHouse, a: Person) => Promise<void> | void,
    string,
  ][] = [
    ['declined', (c) => c.calls.decline(), 'declined'],
    ['no-answer', (_, house) => house.clock.advance(45_000), 'no-answer'],
    ['cancelled', (_, __, a) => a.calls.cancelRing(accountOf('c')), 'cancelled'],
    ['cancelled', (_, __, a) => a.calls.hangUp(), 'cancelled'],
  ]
  it.each(answers)(
    'CA-5 a ring that is %s ends on both sides, and the call goes on',
    async (outcome, act, reason) => {
      const { house, a, b, c, outcomes } = await withCall()
      a.calls.ringInto(accountOf('c'))
      await settle()
      await act(c, house, a)
      await settle()
      expect([reasonOf(c), outcomes]).toEqual([reason, [`${accountOf('c')}: ${outcome}`]])
      expect(b.calls.state().kind).toBe('live')
      expect(a.calls.ringingInto()).toEqual([])
    },
  )
  it('CA-3 says busy of who is in another call, and unreachable of who does not answer the stream', async () => {
    const { house, a, c, outcomes } = await withCall()
    const [d] = (await house.people('d')) as [Person]
    await c.calls.ring(accountOf('d'), both)
    await settle()
    await d.calls.accept(both)
    await settle(8)
    a.calls.ringInto(accountOf('c'))
    await settle()
    expect(outcomes).toEqual([`${accountOf('c')}: busy`])
    const e = await house.person('e')
    await house.clock.advance(1_000)
    await e.calls.stop()
    a.calls.ringInto(accountOf('e'))
    await settle()
    expect(outcomes.at(-1)).toBe(`${accountOf('e')}: unreachable`)
    expect(() => a.calls.ringInto('nobody' as AccountId)).toThrow(
      expect.objectContaining({ name: 'NotReachableError' }),
    )
  })
  it('CA-24 stops ringing who comes in by another way', async () => {
    const { house, a, outcomes } = await withCall()
    const [d1, d2] = [await house.person('d1', 'dan'), await house.person('d2', 'dan')]
    await house.clock.advance(1_000)
    await d2.calls.join(both)
    d2.calls.hangUp()
    await settle()
    a.calls.ringInto('dan' as AccountId)
    await settle()
    d2.calls.decline()
    await settle()
    a.calls.ringInto('dan' as AccountId)
    await settle()
    expect(d1.calls.state().kind).toBe('ringing-in')
    await d1.calls.accept(both)
    await settle(8)
    expect([outcomes, reasonOf(d2)]).toEqual([['dan: declined', 'dan: accepted'], 'answered-elsewhere'])
  })
  it('is refused by name outside of a call, and rings nobody who is in it', async () => {
    const { a, c } = await withCall()
    expect(() => c.calls.ringInto(accountOf('a'))).toThrow(
      expect.objectContaining({ name: 'NotInCallError' }),
    )
    a.calls.ringInto(accountOf('b'))
    a.calls.ringInto(accountOf('a'))
    expect(a.calls.ringingInto()).toEqual([])
  })
  it('leaves no timer behind', async () => {
    const { house, a, b, c } = await withCall()
    a.calls.ringInto(accountOf('c'))
    await settle()
    await c.calls.accept(both)
    await settle(8)
    for (const { calls } of [a, b, c]) calls.hangUp()
    await house.clock.advance(61_000)
    expect(house.clock.pending).toBe(0)
  })
})

const ringId = (n: number): RingId => toBase64Url(new Uint8Array(16).fill(n)) as RingId
const callId = (n: number): CallId => toBase64Url(new Uint8Array(16).fill(n)) as CallId
const ringInto = (n: number, call: CallId): CallMessage => ({
  t: 'ring-into',
  ring: ringId(n),
  call,
  ...both,
})

/** `evil` announces itself in a call of its own and sends what it likes to `b`, who is in none. */
async function attacked(state: 'idle' | 'joined' = 'idle') {
  const house = new CallHouse()
  const [evil, b, friend] = (await house.people('evil', 'b', 'c')) as [Person, Person, Person]
  await evil.calls.stop()
  if (state === 'joined') {
    await friend.calls.join(both)
    await b.calls.join(both)
    await settle(8)
  }
  const open = (protocol = callProtocol): Promise<MeshStream> =>
    evil.room.openStream('b' as PeerId, protocol, { maxFrameBytes: maxCallFrameBytes, overRelay: true })
  const announced = await open(announceProtocol)
  const said = { session: toBase64Url(new Uint8Array(8)) as SessionId, ageMs: 0, screen: false, hand: false }
  await announced.send(encodeAnnouncement({ t: 'in', call: callId(1), ...said, ...both }))
  await settle()
  const send = async (...messages: (CallMessage | Uint8Array)[]): Promise<MeshStream> => {
    const stream = await open()
    for (const message of messages) {
      const bytes = message instanceof Uint8Array ? message : encodeCallMessage(message)
      if (!stream.signal.aborted) await stream.send(bytes).catch(() => undefined)
    }
    await settle()
    return stream
  }
  const rings = (): number => b.states.filter((kind) => kind === 'ringing-in').length
  return { house, b, send, rings }
}

describe('hostile rings into a call', () => {
  it('CA-8 a replayed ring does not ring again', async () => {
    const { b, send, rings } = await attacked()
    await send(ringInto(1, callId(1)))
    b.calls.decline()
    await send(ringInto(1, callId(1)))
    expect([rings(), b.refusals]).toEqual([1, ['RepeatedCallError']])
  })
  it('CA-8 an invite and a ring share their ids: neither can be replayed as the other', async () => {
    const { b, send, rings } = await attacked()
    await send({ t: 'invite', call: callId(7), ...both })
    b.calls.decline()
    await send(ringInto(7, callId(1)))
    expect([rings(), b.refusals]).toEqual([1, ['RepeatedCallError']])
  })
  it('CA-8 a storm of rings and invites together rings six times a minute at most', async () => {
    const { house, b, send, rings } = await attacked()
    for (let n = 10; n < 30; n++) {
      await send(n % 2 === 0 ? ringInto(n, callId(1)) : { t: 'invite', call: callId(n), ...both })
      b.calls.decline()
    }
    expect(rings()).toBe(6)
    await house.clock.advance(60_000)
    await send(ringInto(99, callId(1)))
    expect(rings()).toBe(7)
  })
  it('CA-24 a ring into a call its sender is not in rings nobody', async () => {
    const { b, send, rings } = await attacked()
    const stream = await send(ringInto(1, callId(2)))
    expect([rings(), b.refusals, stream.signal.aborted]).toEqual([0, ['SignalOrderError'], true])
  })
  it('CA-24 a ring to who is in a call is answered busy, also into that very call', async () => {
    const { b, send, rings } = await attacked('joined')
    const stream = await send(ringInto(1, callId(1)))
    const answer = await stream.receive()
    expect(answer && decodeCallMessage(answer)).toEqual({ t: 'busy' })
    expect([rings(), linksOf(b)]).toEqual([0, ['c connected']])
  })
  const offer: CallMessage = {
    t: 'signal',
    signal: { kind: 'description', type: 'offer', sdp: fakeSdp() },
  }
  const cases: [string, CallMessage | Uint8Array, string][] = [
    ['an offer', offer, 'SignalOrderError'],
    ['garbage', new Uint8Array([1, 2, 3]), 'InvalidMessageError'],
  ]
  it.each(cases)('CA-24 %s behind a ring ends it', async (_, message, name) => {
    const { b, send } = await attacked()
    await send(ringInto(1, callId(1)), message)
    expect([b.refusals, reasonOf(b)]).toEqual([[name], 'cancelled'])
  })
  it('CA-24 what comes after the accept changes nothing', async () => {
    const { b, send } = await attacked()
    const stream = await send(ringInto(1, callId(1)))
    await b.calls.accept(both)
    await stream.send(encodeCallMessage(offer)).catch(() => undefined)
    await settle()
    expect(b.calls.state().kind).toBe('live')
    expect(b.media.last.made.every(({ received }) => received.length === 0)).toBe(true)
  })
  const shapes: [string, object][] = [
    ['a short ring id', { ring: new Uint8Array(15), call: new Uint8Array(16), ...both }],
    ['no call', { ring: new Uint8Array(16), ...both }],
    ['a call id of text', { ring: new Uint8Array(16), call: 'x'.repeat(16), ...both }],
    ['a key too many', { ring: new Uint8Array(16), call: new Uint8Array(16), ...both, more: 1 }],
  ]
  it.each(shapes)('CA-1 a ring with %s is no message', async (_, fields) => {
    const { b, send, rings } = await attacked()
    await send(toCbor({ t: 'ring-into', ...fields }))
    expect([rings(), b.refusals]).toEqual([0, ['InvalidMessageError']])
  })
})
