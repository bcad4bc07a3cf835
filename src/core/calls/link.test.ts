import { describe, expect, it } from 'vitest'
import { errorName } from '../base/errors.ts'
import type { AccountId, CallId, PeerId } from '../base/ids.ts'
import { ManualClock, settle } from '../base/testing/manual-clock.ts'
import { streamPair } from '../mesh/testing/stream-pair.ts'
import { maxCallFrameBytes, maxCandidates } from './constants.ts'
import { Link } from './link.ts'
import type { MediaSignal } from './media.ts'
import type { LinkId } from './messages.ts'
import { CallChannel } from './protocol.ts'
import { fakeSdp, FakeMedia } from './testing/fake-media.ts'

const offer: MediaSignal = { kind: 'description', type: 'offer', sdp: fakeSdp() }
const answer: MediaSignal = { kind: 'description', type: 'answer', sdp: fakeSdp() }
const restart: MediaSignal = { kind: 'restart' }
const candidate: MediaSignal = {
  kind: 'candidate',
  candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host',
  mid: '0',
  line: 0,
  ufrag: 'ufrag',
}

/** A link of ours with its media, and streams whose far end the test holds. */
async function linkOf(isOpener: boolean) {
  const media = new FakeMedia()
  const session = await media.open('call' as CallId, { audio: true, video: true })
  const [id, peer, account] = ['link' as LinkId, 'b' as PeerId, 'account of b' as AccountId]
  const link = new Link({ id, peer, account, isOpener, isRelayOnly: () => false, clock: new ManualClock() })
  const broken: string[] = []
  link.listener = {
    ...{ changed: () => {}, heard: () => {}, channelLost: () => {}, expired: () => {} },
    broke: (_, error) => void broken.push(errorName(error)),
  }
  link.enter()
  link.bind(session)
  /** A new stream, from now on the link's; the old one breaks. */
  const stream = async () => {
    const end = { maxFrameBytes: maxCallFrameBytes }
    const [near, far] = streamPair({ ...end, peer }, { ...end, peer: 'a' as PeerId })
    const theirs = new CallChannel(far)
    const heard: MediaSignal[] = []
    link.attach(new CallChannel(near))
    void (async () => {
      for (let message = await theirs.receive(); message !== undefined; message = await theirs.receive())
        if (message.t === 'signal') heard.push(message.signal)
    })()
    await settle()
    const say = async (signal: MediaSignal): Promise<void> => {
      await theirs.send({ t: 'signal', signal })
      await settle()
    }
    const breaks = async (): Promise<void> => {
      far.abort(new Error('the network is gone'))
      await settle()
    }
    return { heard, say, breaks }
  }
  return { link, engine: media.last.to(), media, stream, broken }
}

describe('signals of a link whose stream breaks', () => {
  it('CA-9 an offer that nobody has answered is said again, with its candidates, and no longer once answered', async () => {
    const { engine, stream } = await linkOf(true)
    const first = await stream()
    engine.tell(candidate)
    await settle()
    expect(first.heard).toEqual([offer, candidate])
    const second = await stream()
    await second.breaks()
    engine.tell({ ...candidate, line: 1 }) // while there is no stream
    const third = await stream()
    expect(third.heard).toEqual([offer, candidate, { ...candidate, line: 1 }])
    await third.say(answer)
    expect((await stream()).heard).toEqual([])
  })
  it('CA-9 a wish for a restart is said again until the offer comes', async () => {
    const { engine, stream } = await linkOf(false)
    const first = await stream()
    await first.say(offer)
    engine.tell(restart)
    await settle()
    expect(first.heard).toEqual([answer, restart])
    const second = await stream()
    expect(second.heard).toEqual([restart])
    await second.say(offer)
    expect((await stream()).heard).toEqual([])
  })
  it('CA-9 an answer that waited is left to the next offer, candidates alone are not', async () => {
    const { engine, stream } = await linkOf(false)
    const first = await stream()
    await first.say(offer)
    await first.breaks()
    engine.tell(answer)
    engine.tell(candidate)
    const second = await stream()
    expect(second.heard).toEqual([])
    await second.breaks()
    engine.tell(candidate)
    expect((await stream()).heard).toEqual([candidate])
  })
  it('CA-9 candidates of an answer that was lost are left alone, and those of the next are taken', async () => {
    const { link, engine, stream } = await linkOf(true)
    const first = await stream()
    await first.breaks()
    const second = await stream()
    await second.say(candidate)
    expect(engine.received).toEqual([])
    await second.say(answer)
    await second.say(candidate)
    expect(engine.received).toEqual([answer, candidate])
    expect(link.state).toBe('connected')
  })
  it('CA-9 candidates of a lost answer are counted and looked at', async () => {
    for (const bad of [{ ...candidate, candidate: 'hello' }, undefined]) {
      const { stream, broken } = await linkOf(true)
      const { say } = await stream()
      if (bad !== undefined) await say(bad)
      else for (let n = 0; n <= maxCandidates; n++) await say(candidate)
      expect(broken).toEqual([bad === undefined ? 'SignalFloodError' : 'CandidateError'])
    }
  })
  it('CA-9 media that is not there looks for its way anew on a new stream, unless its offer is open', async () => {
    const { link, engine, stream, media } = await linkOf(true)
    media.connects = false
    const first = await stream()
    await first.breaks()
    const second = await stream()
    expect(engine.restarts).toBe(0) // the offer was said again
    await second.say(answer)
    await second.breaks()
    const third = await stream()
    expect(engine.restarts).toBe(1)
    engine.link('connected')
    await third.breaks()
    await stream()
    expect([engine.restarts, link.state]).toEqual([1, 'connected'])
  })
})
