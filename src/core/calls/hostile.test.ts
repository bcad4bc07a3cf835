import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import type { CallId, PeerId } from '../base/ids.ts'
import { settle } from '../base/testing/manual-clock.ts'
import { toCbor } from '../base/wire/cbor.ts'
import type { MeshStream } from '../mesh/index.ts'
import { announceProtocol, callProtocol, maxAnnounceFrameBytes, maxCallFrameBytes } from './constants.ts'
import type { MediaSignal } from './media.ts'
import {
  decodeAnnouncement,
  decodeCallMessage,
  encodeAnnouncement,
  encodeCallMessage,
  type Announcement,
  type CallMessage,
  type SessionId,
} from './messages.ts'
import { both, CallHouse, linksOf, reasonOf, type Person } from './testing/call-house.ts'
import { fakeFingerprint, fakeSdp } from './testing/fake-media.ts'

const callId = (n: number): CallId => toBase64Url(new Uint8Array(16).fill(n)) as CallId
const sessionId = (n: number): SessionId => toBase64Url(new Uint8Array(8).fill(n)) as SessionId
const invite = (n: number): CallMessage => ({ t: 'invite', call: callId(n), ...both })
const signal = (one: MediaSignal): CallMessage => ({ t: 'signal', signal: one })
const offer = (sdp = fakeSdp()): CallMessage => signal({ kind: 'description', type: 'offer', sdp })
const candidate = (change: Partial<Extract<MediaSignal, { kind: 'candidate' }>> = {}): CallMessage =>
  signal({
    kind: 'candidate',
    candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
    mid: '0',
    line: 0,
    ufrag: 'ufrag',
    ...change,
  })
const times = (n: number, message: (n: number) => CallMessage): CallMessage[] =>
  Array.from({ length: n }, (_, i) => message(i))

type Sent = CallMessage | Uint8Array

/** `evil` sends what it likes to `b`; its own calls are off. */
async function attacked(state: 'idle' | 'rung' | 'joined') {
  const house = new CallHouse()
  const [evil, b, friend] = (await house.people('a evil', 'b', 'c')) as [Person, Person, Person]
  await evil.calls.stop()
  const open = (protocol = callProtocol): Promise<MeshStream> =>
    evil.room.openStream('b' as PeerId, protocol, { maxFrameBytes: maxCallFrameBytes, overRelay: true })
  /** What `b` announces, as anyone in the room hears it. */
  const heard: Announcement[] = []
  evil.room.handle(
    announceProtocol,
    async (stream) => {
      for (let frame = await stream.receive(); frame !== undefined; frame = await stream.receive()) {
        const message = decodeAnnouncement(frame)
        if (stream.peer === b.room.self.peer && message.t === 'in') heard.push(message)
      }
    },
    { maxFrameBytes: maxAnnounceFrameBytes },
  )
  if (state !== 'idle') {
    await friend.calls.join(both)
    await b.calls.join(both)
    await settle(8)
  }
  /** Joins as a stay of the attacker, whose peer id is the lower one and so may open. */
  const join = async (from: SessionId): Promise<MeshStream> => {
    const [said] = heard.slice(-1)
    if (said === undefined) throw new Error('b announced nothing')
    const stream = await open()
    const link = toBase64Url(crypto.getRandomValues(new Uint8Array(16))) as never // a link id
    await sendAll(stream, [{ t: 'join', call: said.call, from, to: said.session, link, isFresh: true }])
    return stream
  }
  return { house, b, friend, open, join }
}

const bytesOf = (message: Sent): Uint8Array =>
  message instanceof Uint8Array ? message : encodeCallMessage(message)

async function sendAll(stream: MeshStream, messages: readonly Sent[]): Promise<void> {
  for (const message of messages)
    if (!stream.signal.aborted) await stream.send(bytesOf(message)).catch(() => {})
  await settle()
}

describe('hostile first messages', () => {
  const cases: [string, Sent, string][] = [
    ['garbage', new Uint8Array([1, 2, 3]), 'InvalidMessageError'],
    ['nothing at all', new Uint8Array(), 'InvalidMessageError'],
    ['an oversized frame', new Uint8Array(maxCallFrameBytes + 1), 'InvalidMessageError'],
    ['200 KB of description', new Uint8Array(200_000).fill(97), 'InvalidMessageError'],
    ['an unknown message', toCbor({ t: 'wave' }), 'InvalidMessageError'],
    [
      'an invite with a key too many',
      toCbor({ t: 'invite', call: new Uint8Array(16), ...both, more: 1 }),
      'InvalidMessageError',
    ],
    [
      'an invite with a short call id',
      toCbor({ t: 'invite', call: new Uint8Array(15), ...both }),
      'InvalidMessageError',
    ],
    [
      'an invite with a call id of text',
      toCbor({ t: 'invite', call: 'x'.repeat(16), ...both }),
      'InvalidMessageError',
    ],
    ['an invite without its media', toCbor({ t: 'invite', call: new Uint8Array(16) }), 'InvalidMessageError'],
    ['an end with a reason of its own', toCbor({ t: 'end', reason: 'because' }), 'InvalidMessageError'],
    ['an accept without a ring', { t: 'accept' }, 'SignalOrderError'],
    ['a decline without a ring', { t: 'decline' }, 'SignalOrderError'],
    ['a busy without a ring', { t: 'busy' }, 'SignalOrderError'],
    ['an end without a call', { t: 'end', reason: 'hung-up' }, 'SignalOrderError'],
    ['an offer without a call', offer(), 'SignalOrderError'],
    ['a candidate without a call', candidate(), 'SignalOrderError'],
  ]
  it.each(cases)('CA-1 %s ends the stream by name and rings nobody', async (_, message, name) => {
    const { b, open } = await attacked('idle')
    const stream = await open()
    await sendAll(stream, [message])
    expect(b.refusals).toEqual([name])
    expect(stream.signal.aborted).toBe(true)
    expect(b.states).toEqual([])
  })
  it('CA-15 a join of a call that is not there is told so, and changes nothing', async () => {
    const { b, open } = await attacked('idle')
    const stream = await open()
    const join = { t: 'join', call: callId(1), from: sessionId(1), to: sessionId(2) } as const
    await sendAll(stream, [{ ...join, link: toBase64Url(new Uint8Array(16)) as never, isFresh: true }])
    const answer = await stream.receive()
    expect(answer && decodeCallMessage(answer)).toEqual({ t: 'end', reason: 'stale' })
    expect(b.states).toEqual([])
  })
})

describe('hostile rings', () => {
  const cases: [string, CallMessage[], string][] = [
    ['an offer before the accept', [offer()], 'SignalOrderError'],
    ['a candidate before the accept', [candidate()], 'SignalOrderError'],
    ['a thousand candidates before the accept', times(1000, () => candidate()), 'SignalOrderError'],
  ]
  it.each(cases)('CA-3 %s ends the ring', async (_, messages, name) => {
    const { b, open } = await attacked('idle')
    await sendAll(await open(), [invite(1), ...messages])
    expect(b.refusals).toEqual([name])
    expect(reasonOf(b)).toBe('cancelled')
  })
  it('CA-8 a replayed call id does not ring again', async () => {
    const { b, open } = await attacked('idle')
    await sendAll(await open(), [invite(1)])
    b.calls.decline()
    const second = await open()
    await sendAll(second, [invite(1)])
    expect(b.refusals).toEqual(['RepeatedCallError'])
    expect(b.states).toEqual(['ringing-in', 'ended'])
  })
  it('CA-8 a storm of invites rings six times a minute at most', async () => {
    const { house, b, open } = await attacked('idle')
    const rings = () => b.states.filter((kind) => kind === 'ringing-in').length
    for (let n = 0; n < 20; n++) {
      await sendAll(await open(), [invite(n)])
      b.calls.decline()
    }
    expect(rings()).toBe(6)
    await house.clock.advance(60_000)
    await sendAll(await open(), [invite(99)])
    expect(rings()).toBe(7)
  })
  it('CA-8 an invite into a running call is answered busy and rings nobody', async () => {
    const { b, open } = await attacked('joined')
    const stream = await open()
    await sendAll(stream, [invite(1)])
    expect(b.states).not.toContain('ringing-in')
    expect(linksOf(b)).toEqual(['c connected'])
  })
})

describe('hostile signals inside a call', () => {
  const changed = fakeSdp({ fingerprint: fakeFingerprint(2) })
  const answer = signal({ kind: 'description', type: 'answer', sdp: fakeSdp() })
  const cases: [string, CallMessage[], string][] = [
    ['an answer nobody asked for', [answer], 'SignalOrderError'],
    ['a candidate before any description', [candidate()], 'SignalOrderError'],
    ['a description that is none', [offer('hello')], 'DescriptionError'],
    [
      'a description without a fingerprint',
      [offer(fakeSdp().replace(/a=finger.*\r\n/, ''))],
      'DescriptionError',
    ],
    ['a fingerprint of a weak hash', [offer(fakeSdp().replace('sha-256', 'sha-1'))], 'DescriptionError'],
    ['a fingerprint cut short', [offer(fakeSdp({ fingerprint: 'AA:BB' }))], 'DescriptionError'],
    [
      'a description without ICE credentials',
      [offer(fakeSdp().replace(/a=ice-ufrag.*\r\n/, ''))],
      'DescriptionError',
    ],
    ['a description without media', [offer(fakeSdp({ lines: [] }))], 'DescriptionError'],
    [
      'a description of a hundred lines',
      [offer(fakeSdp({ lines: Array<string>(100).fill('video') }))],
      'DescriptionError',
    ],
    [
      'a line that is neither sound nor picture',
      [offer(fakeSdp({ lines: ['audio', 'application'] }))],
      'DescriptionError',
    ],
    ['a certificate that changes on the way', [offer(), offer(changed)], 'FingerprintMismatchError'],
    ['a candidate of a foreign generation', [offer(), candidate({ ufrag: 'other' })], 'CandidateError'],
    ['a candidate without a generation', [offer(), candidate({ ufrag: '' })], 'CandidateError'],
    ['a candidate that is none', [offer(), candidate({ candidate: 'hello' })], 'CandidateError'],
    [
      'a candidate of an unknown type',
      [offer(), candidate({ candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ moon' })],
      'CandidateError',
    ],
    ['a thousand candidates', [offer(), ...times(1000, () => candidate())], 'SignalFloodError'],
    ['a wish for a restart from the side that offers', [signal({ kind: 'restart' })], 'SignalOrderError'],
    ['a storm of offers', times(100, () => offer()), 'SignalFloodError'],
  ]
  it.each(cases)('CA-18 %s ends the link by name, and the call goes on', async (_, messages, name) => {
    const { house, b, friend, join } = await attacked('joined')
    const stream = await join(sessionId(5))
    await sendAll(stream, messages)
    expect(b.refusals).toEqual([name])
    expect(stream.signal.aborted).toBe(true)
    expect(linksOf(b)).toContain('c connected')
    expect(b.calls.state().kind).toBe('live')
    // The same stay is not linked to again, however often it asks.
    const again = await join(sessionId(5))
    await sendAll(again, [offer()])
    await house.clock.advance(15_000)
    expect(b.media.last.open).toBe(1)
    expect(linksOf(friend)).toContain('b connected')
  })
  it('CA-15 a join with a session of ours that is over is told so', async () => {
    const { b, open } = await attacked('joined')
    const stream = await open()
    const link = toBase64Url(new Uint8Array(16).fill(3)) as never
    const wrong = {
      t: 'join',
      call: callOf(b),
      from: sessionId(6),
      to: sessionId(7),
      link,
      isFresh: true,
    } as const
    await sendAll(stream, [wrong])
    expect(b.media.last.open).toBe(1)
  })
})

describe('hostile announcements', () => {
  const said: Announcement = {
    call: callId(1),
    session: sessionId(1),
    ageMs: 0,
    audio: true,
    video: true,
    screen: false,
    hand: false,
  }
  const cases: [string, Uint8Array][] = [
    ['garbage', new Uint8Array([9])],
    ['an oversized frame', new Uint8Array(maxAnnounceFrameBytes + 1)],
    [
      'a negative age',
      toCbor({ t: 'in', ...said, call: new Uint8Array(16), session: new Uint8Array(8), ageMs: -1 }),
    ],
    ['a reaction of its own making', toCbor({ t: 'react', emoji: '<b>' })],
  ]
  it.each(cases)('CA-13 %s ends the stream and shows nothing', async (_, frame) => {
    const { b, open } = await attacked('idle')
    const stream = await open(announceProtocol)
    await stream.send(frame).catch(() => {})
    await settle()
    expect(stream.signal.aborted).toBe(true)
    expect(b.calls.ongoing()).toBeUndefined()
  })
  it('CA-13 a flood of announcements ends the stream', async () => {
    const { open } = await attacked('idle')
    const stream = await open(announceProtocol)
    for (let n = 0; n < 200 && !stream.signal.aborted; n++) {
      await stream.send(encodeAnnouncement({ t: 'in', ...said, hand: n % 2 === 0 })).catch(() => {})
      await settle(1)
    }
    expect(stream.signal.aborted).toBe(true)
  })
  it('CA-13 a flood of streams of announcements is turned away', async () => {
    const { open } = await attacked('idle')
    const streams: MeshStream[] = []
    for (let n = 0; n < 40; n++) {
      streams.push(await open(announceProtocol))
      await settle(1)
    }
    expect(streams.slice(30).every(({ signal: { aborted } }) => aborted)).toBe(true)
  })
  it('CA-13 a storm of reactions shows ten in ten seconds', async () => {
    const { b, open } = await attacked('joined')
    let shown = 0
    b.calls.events.on('reaction:shown', () => shown++)
    const stream = await open(announceProtocol)
    await stream.send(encodeAnnouncement({ t: 'in', ...said, call: callOf(b) }))
    for (let n = 0; n < 30; n++) await stream.send(encodeAnnouncement({ t: 'react', emoji: '👍' }))
    await settle()
    expect(shown).toBe(10)
  })
})

function callOf({ calls }: Person): CallId {
  const state = calls.state()
  if (state.kind === 'idle') throw new Error('not in a call')
  return state.call
}
