import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import { errorName } from '../base/errors.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { certifyTab, createVerifier, type Identity } from '../identity/index.ts'
import { testIdentity } from '../identity/testing/test-identity.ts'
import { streamPair, type PairStream } from '../mesh/testing/stream-pair.ts'
import {
  answerAdmission,
  askAdmission,
  refuse,
  type AdmissionComponents,
  type Admitted,
} from './admission.ts'
import { maxHandshakeFrameBytes } from './constants.ts'
import { roomKeys } from './keys.ts'
import {
  decodeCard,
  decodeHandshake,
  decodePresence,
  encodeHandshake,
  type HandshakeMessage,
} from './messages.ts'
import { ReplayGuard } from './replay-guard.ts'

const link = { secret: new Uint8Array(16).fill(1), relays: [] }
const otherLink = { secret: new Uint8Array(16).fill(2), relays: [] }
const verify = createVerifier()

async function side(seed: number, clock: ManualClock, change: Partial<AdmissionComponents> = {}) {
  const identity = await testIdentity(seed)
  const components: AdmissionComponents = {
    keys: roomKeys(link),
    identity,
    verify,
    replay: new ReplayGuard(clock),
    clock,
    random: systemRandom,
    name: () => `person ${seed}`,
    appVersion: '0',
    ...change,
  }
  const admitted: Admitted[] = []
  return { identity, components, admitted, admit: (other: Admitted) => void admitted.push(other) }
}

function pair(a: Identity, b: Identity): [PairStream, PairStream] {
  const end = (peer: Identity) => ({ peer: peer.peer, maxFrameBytes: maxHandshakeFrameBytes })
  return streamPair(end(b), end(a), '/tessera/room/1', 'relayed')
}

/** Runs both sides as the room does: a side that fails tells the other why. Gives the error names, `ok` for none. */
async function meet(
  change: { asker?: Partial<AdmissionComponents>; answerer?: Partial<AdmissionComponents> } = {},
  clock = new ManualClock(),
  version: 1 | 2 = 2,
) {
  const [a, b] = [await side(1, clock, change.asker), await side(2, clock, change.answerer)]
  const [left, right] = pair(a.identity, b.identity)
  const run = async (work: Promise<void>, stream: PairStream): Promise<string> => {
    try {
      await work
      return 'ok'
    } catch (error) {
      await refuse(stream, error)
      return errorName(error)
    }
  }
  const [asker, answerer] = await Promise.all([
    run(askAdmission(left, a.components, a.admit, version), left),
    run(answerAdmission(right, b.components, b.admit), right),
  ])
  return { asker, answerer, a, b }
}

describe('admission', () => {
  it('RO-4 each side learns account and name of the other, once both have proven the secret', async () => {
    const { asker, answerer, a, b } = await meet()
    expect([asker, answerer]).toEqual(['ok', 'ok'])
    const card = ({ peer, account, agreement }: Identity, name: string) =>
      [{ peer, account, name, agreement: agreement.publicKey }] as const
    expect(a.admitted).toEqual(card(b.identity, 'person 2'))
    expect(b.admitted).toEqual(card(a.identity, 'person 1'))
  })
  it('RO-4 who asks in version 1 is answered in it: both are admitted, and neither can be sealed to', async () => {
    const { asker, answerer, a, b } = await meet({}, new ManualClock(), 1)
    expect([asker, answerer]).toEqual(['ok', 'ok'])
    expect(a.admitted).toMatchObject([{ account: b.identity.account, agreement: undefined }])
    expect(b.admitted).toMatchObject([{ account: a.identity.account, agreement: undefined }])
  })
  it('RO-5 a wrong secret is refused by name on both sides and nobody is admitted', async () => {
    const { asker, answerer, a, b } = await meet({ asker: { keys: roomKeys(otherLink) } })
    expect([asker, answerer]).toEqual(['WrongSecretError', 'WrongSecretError'])
    expect([...a.admitted, ...b.admitted]).toEqual([])
  })
  it.each([
    ['made for another room', { room: true }, 'ForeignRoomCertificateError'],
    ['of another tab', { tab: true }, 'CertificatePeerMismatchError'],
    ['signed by somebody else', { forged: true }, 'CertificateSignatureError'],
    ['of yesterday', { old: true }, 'CertificateExpiredError'],
  ])('RO-5 a certificate %s is refused by name', async (_, how: Record<string, boolean>, name) => {
    const clock = new ManualClock()
    const [ben, cleo] = [await testIdentity(2), await testIdentity(3)]
    const lying: Identity = {
      ...ben,
      tabKey: how['tab'] === true ? cleo.tabKey : ben.tabKey,
      sign: (domain, message) => (how['forged'] === true ? cleo : ben).sign(domain, message),
    }
    const early = { now: () => clock.now() - 25 * 3_600_000, after: clock.after.bind(clock) }
    const keys = roomKeys(link)
    const { asker, a } = await meet(
      {
        answerer: {
          identity: lying,
          ...(how['room'] === true ? { keys: { ...keys, id: roomKeys(otherLink).id } } : {}),
          ...(how['old'] === true ? { clock: early } : {}),
        },
      },
      clock,
    )
    expect(asker).toBe(name)
    expect(a.admitted).toEqual([])
  })
  it('RO-6 a proof shown again is refused as replayed', async () => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    // A fixed random source makes the answerer repeat its nonce, the worst case for a replay.
    const fixed = { ...b.components, random: (n: number) => new Uint8Array(n).fill(9) }
    const recorded: Bytes[] = []
    const [left, right] = pair(a.identity, b.identity)
    const send = left.send.bind(left)
    left.send = (frame) => {
      recorded.push(new Uint8Array(frame))
      return send(frame)
    }
    await Promise.all([askAdmission(left, a.components, a.admit), answerAdmission(right, fixed, b.admit)])
    const [again, answering] = pair(a.identity, b.identity)
    const outcome = answerAdmission(answering, fixed, b.admit).catch(errorName)
    for (const frame of recorded.slice(0, 2)) await again.send(frame)
    expect(await outcome).toBe('ReplayedProofError')
    expect(b.admitted).toHaveLength(1)
  })
  it('RO-6 our own nonce sent back is refused as replayed', async () => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    const [left, right] = pair(a.identity, b.identity)
    const asking = askAdmission(left, a.components, a.admit).catch(errorName)
    const hello = await right.receive()
    const [back, answering] = pair(b.identity, a.identity)
    const outcome = answerAdmission(answering, a.components, a.admit).catch(errorName)
    await back.send(hello ?? new Uint8Array())
    expect(await outcome).toBe('ReplayedProofError')
    right.abort(new Error('enough'))
    await asking
  })
  it('RO-5 another version is refused as such on both sides', async () => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    const [left, right] = pair(a.identity, b.identity)
    const answering = answerAdmission(right, b.components, b.admit).catch(async (error: unknown) => {
      await refuse(right, error)
      return errorName(error)
    })
    await left.send(encodeHandshake({ t: 'hello', v: 3, n: systemRandom(32) }))
    expect(await answering).toBe('VersionError')
    const told = decodeHandshake((await left.receive()) ?? new Uint8Array())
    expect(told).toEqual({ t: 'refused', reason: 'VersionError' })
  })
  it('RO-6 silence ends after ten seconds', async () => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    const [left] = pair(a.identity, b.identity)
    const outcome = askAdmission(left, a.components, a.admit).catch(errorName)
    await clock.advance(10_000)
    expect(await outcome).toBe('TimeoutError')
  })
  it('RO-6 five failures in a minute, or 32 handshakes at once, are enough', async () => {
    const clock = new ManualClock()
    const guard = new ReplayGuard(clock)
    const { peer } = await testIdentity(1)
    const { peer: other } = await testIdentity(2)
    for (let i = 0; i < 5; i++) guard.failed(peer)
    const limited = expect.objectContaining({ name: 'RateLimitError' }) as Error
    expect(() => guard.enter(peer)).toThrow(limited)
    const leave = Array.from({ length: 32 }, () => guard.enter(other))
    expect(() => guard.enter(other)).toThrow(limited)
    leave[0]?.()
    guard.enter(other)
    await clock.advance(61_000)
    leave[1]?.()
    guard.enter(peer)
  })
})

const nonce = new Uint8Array(32)
const wrong: Record<string, HandshakeMessage> = {
  hello: { t: 'hello', v: 1, n: nonce },
  challenge: { t: 'challenge', n: nonce },
  proof: { t: 'proof', p: nonce },
  accept: { t: 'accept', p: nonce, s: new Uint8Array(64) },
  welcome: { t: 'welcome', s: new Uint8Array(64) },
  done: { t: 'done' },
  refused: { t: 'refused', reason: 'WhateverError' },
}

describe('hostile handshakes', () => {
  const answererSteps = [['hello'], ['hello', 'proof']]
  const cases = Object.keys(wrong).flatMap((message) => [
    ...answererSteps.map((before) => [message, before] as const),
  ])
  it.each(cases)('RO-5 %s after %j never admits', async (message, before) => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    const [left, right] = pair(a.identity, b.identity)
    const outcome = answerAdmission(right, b.components, b.admit).catch(errorName)
    for (const step of [...before, message]) {
      const frame = wrong[step]
      if (frame !== undefined) await left.send(encodeHandshake(frame)).catch(() => undefined)
      await settle(1)
    }
    await clock.advance(10_000)
    expect(String(await outcome)).toMatch(/^(Protocol|WrongSecret|ReplayedProof|Timeout)Error$/)
    expect(b.admitted).toEqual([])
  })
  it.each([
    ['nothing', new Uint8Array()],
    ['garbage', new Uint8Array(100).fill(0xff)],
    ['a short nonce', encodeHandshake({ t: 'hello', v: 1, n: new Uint8Array(31) })],
    ['a frame over the bound', new Uint8Array(maxHandshakeFrameBytes + 1)],
  ])('RO-5 %s is InvalidMessageError', async (_, frame) => {
    const clock = new ManualClock()
    const [a, b] = [await side(1, clock), await side(2, clock)]
    const [left, right] = pair(a.identity, b.identity)
    const outcome = answerAdmission(right, b.components, b.admit).catch(errorName)
    await left.send(frame)
    expect(await outcome).toBe('InvalidMessageError')
  })
  it('RO-5 any bytes are decoded or refused by name, in all three codecs', () => {
    const flipped = fc
      .tuple(fc.constantFrom(...Object.values(wrong)), fc.nat(200), fc.nat(255))
      .map(([message, at, byte]) => encodeHandshake(message).map((old, i) => (i === at ? byte : old)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), flipped), (bytes) => {
        for (const decode of [decodeHandshake, decodePresence, decodeCard]) {
          try {
            decode(bytes)
          } catch (error) {
            expect(errorName(error)).toBe('InvalidMessageError')
          }
        }
      }),
      { numRuns: 20_000 },
    )
  })
  it('RO-8 addresses and ids of presence messages are bounded', async () => {
    const clock = new ManualClock()
    expect((await certifyTab(await testIdentity(1), roomKeys(link).id, clock)).byteLength).toBeLessThan(700)
  })
})
