import { afterEach, describe, expect, it, vi } from 'vitest'
import { cdp } from 'vitest/browser'
import { toBase64Url } from '../../core/base/bytes.ts'
import type { CallId, PeerId } from '../../core/base/ids.ts'
import { preferredPicture, type LocalSession, type MediaSignal } from '../../core/calls/index.ts'
import { CodecPreference } from './codecs.ts'
import { BrowserMedia } from './media.ts'

const id = toBase64Url(new Uint8Array(16).fill(1)) as CallId
const [leftPeer, rightPeer] = ['left' as PeerId, 'right' as PeerId]
const both = { audio: true, video: true }
const open: LocalSession[] = []

afterEach(() => {
  for (const session of open.splice(0)) session.close()
})

const isConnected = (states: readonly string[]) =>
  expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')

const hasDevices = (session: LocalSession) =>
  expect.poll(() => session.local().microphone, { timeout: 10_000 }).toBe('on')

/** Devices that answer when told to: as if the person thought about the browser's question. */
function heldDevices(): () => void {
  let resolve = (): void => {}
  const promise = new Promise<void>((resolved) => (resolve = resolved))
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia').mockImplementation(async (constraints) => {
    await promise
    return real(constraints)
  })
  return () => {
    asked.mockRestore()
    resolve()
  }
}

/** Two engines in one page, their signals carried across; `alter` may change what travels to the answering side. */
async function pair(
  alter: (signal: MediaSignal) => MediaSignal = (s) => s,
  wanted = both,
  isHidden = false,
  chips: readonly [string[], string[]] = [[], []],
) {
  // Nobody listens there: what is gathered is gathered without an answer.
  const servers = [{ urls: ['stun:127.0.0.1:9', 'turn:127.0.0.1:9'], username: 'u', credential: 'c' }]
  const [ours, theirs] = chips.map((made) => new CodecPreference(async () => new Set(made)))
  const left = new BrowserMedia(() => (isHidden ? servers : []), undefined, ours)
  const right = new BrowserMedia(() => [], undefined, theirs)
  const a = await left.open(id, wanted)
  const b = await right.open(id, wanted)
  open.push(a, b)
  const aLink = a.link(rightPeer, true, isHidden)
  const bLink = b.link(leftPeer, false, false)
  const states: string[] = []
  const signals: MediaSignal[] = []
  bLink.onState((state) => states.push(state))
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  bLink.onSignal((signal) => void aLink.signal(signal).catch(failed))
  aLink.onSignal((signal) => {
    signals.push(signal)
    void bLink.signal(alter(signal)).catch(failed)
  })
  const heard = {
    left: () => left.streamsOf(id)?.people.get(rightPeer),
    right: () => right.streamsOf(id)?.people.get(leftPeer),
  }
  const connected = async (): Promise<void> => {
    await isConnected(states)
    if (wanted.audio) await Promise.all([hasDevices(a), hasDevices(b)])
  }
  return { left, right, a, b, aLink, bLink, heard, states, signals, failures, connected }
}

/** A link that came and went; here no variable of a test keeps it. */
function closedLink(session: LocalSession): WeakRef<object> {
  const link = session.link('third' as PeerId, true, false)
  link.onSignal(() => {})
  link.close()
  return new WeakRef(link)
}

function video(stream: MediaStream | undefined): HTMLVideoElement {
  const element = document.createElement('video')
  element.muted = true
  element.srcObject = stream ?? null
  void element.play()
  return element
}

const seen = (stream: MediaStream | undefined) => {
  const element = video(stream)
  return expect.poll(() => element.videoWidth, { timeout: 10_000 }).toBeGreaterThan(0)
}

const kinds = (stream: MediaStream | undefined): string[] =>
  (stream?.getTracks() ?? []).map((track) => track.kind).sort()

describe('media between two engines', () => {
  it('CA-6 carries picture and sound both ways', async () => {
    const { heard, connected, failures } = await pair()
    await connected()
    for (const side of [heard.left, heard.right]) {
      expect(kinds(side()?.main)).toEqual(['audio', 'video'])
      expect(kinds(side()?.screen)).toEqual(['audio', 'video'])
      await seen(side()?.main)
    }
    expect(failures).toEqual([])
  })
  it.each([
    [[], [], 'VP8'],
    [['video/h264'], ['video/h264'], 'H264'],
    [['video/h264'], [], 'VP8'],
    [[], ['video/h264'], 'VP8'],
    [['video/vp9'], ['video/vp9', 'video/h264'], 'VP9'],
  ] as const)('CA-23 settles on a codec that both do well: %j and %j on %s', async (ours, theirs, codec) => {
    const { aLink, bLink, heard, connected, failures, signals } = await pair((s) => s, both, false, [
      [...ours],
      [...theirs],
    ])
    await connected()
    for (const side of [heard.left, heard.right]) await seen(side()?.main)
    for (const link of [aLink, bLink]) {
      const codecs = async (): Promise<unknown[]> => {
        const { sent, video: received } = await link.report()
        return [sent.codec, received.codec]
      }
      await expect.poll(codecs, { timeout: 10_000 }).toEqual([codec, codec])
    }
    const offer = signals.find((signal) => signal.kind === 'description')
    const offered = offer?.kind === 'description' ? offer.sdp : ''
    // Every codec is still there to fall back to, sound begins with Opus and may be sent twice.
    for (const name of ['VP8', 'VP9', 'H264', 'rtx', 'opus', 'red'])
      expect(offered).toMatch(new RegExp(`a=rtpmap:\\d+ ${name}/`))
    const [, sound] = /^m=audio \d+ \S+ (\d+)/m.exec(offered) ?? []
    expect(offered).toContain(`a=rtpmap:${sound ?? ''} opus/48000/2`)
    expect(offered).toContain('useinbandfec=1;usedtx=1')
    expect(failures).toEqual([])
  })
  it('CA-23 takes an engine that cannot judge its codecs as one without chips', async () => {
    const unable = new CodecPreference(() => Promise.reject(new TypeError('no such question')))
    await unable.ready()
    const connection = new RTCPeerConnection()
    unable.apply(connection.addTransceiver('video'))
    const { sdp = '' } = await connection.createOffer()
    connection.close()
    expect(preferredPicture(sdp)).toBe('video/VP8')
  })
  it('CA-20 tells what the other side says of our sound and picture, and what holds our picture back', async () => {
    const { aLink, connected } = await pair()
    await connected()
    const told = async (): Promise<unknown[]> =>
      (await aLink.report()).heard.flatMap(({ line, lostFraction, rttMs, stamp }) =>
        lostFraction === undefined || rttMs === undefined || stamp === 0 ? [] : line,
      )
    await expect.poll(told, { timeout: 15_000 }).toEqual(expect.arrayContaining(['sound', 'picture']))
    const { sent } = await aLink.report()
    expect(sent.limit).toMatch(/none|cpu|bandwidth|other/)
    expect(sent.bytes).toBeGreaterThan(0)
  })
  it('CA-6 is linked, by one offer, while a person has not yet allowed the devices, and sends them then', async () => {
    const allow = heldDevices()
    const { a, heard, states, signals, failures } = await pair()
    await isConnected(states)
    expect(a.local()).toEqual({ microphone: 'muted', camera: 'off', screen: 'off' })
    allow()
    for (const side of [heard.left, heard.right]) await seen(side()?.main)
    expect(a.local()).toEqual({ microphone: 'on', camera: 'on', screen: 'off' })
    expect(signals.filter(({ kind }) => kind === 'description')).toHaveLength(1)
    expect(failures).toEqual([])
  })
  it('CA-17 keeps the microphone muted when that was said before it was open', async () => {
    const allow = heldDevices()
    const { a, left } = await pair()
    await a.setMuted(true)
    allow()
    await expect.poll(() => a.local().camera, { timeout: 10_000 }).toBe('on')
    expect(a.local().microphone).toBe('muted')
    expect(left.streamsOf(id)?.local.getAudioTracks()[0]?.enabled).toBe(false)
  })
  it('lets go of a link that was closed while the call goes on', async () => {
    const { a } = await pair()
    await hasDevices(a)
    const held = closedLink(a)
    // The provider's own types would bring Node's into the page.
    const session = cdp() as unknown as { send(method: string): Promise<unknown> }
    const isHeld = async (): Promise<boolean> => {
      await session.send('HeapProfiler.collectGarbage')
      return held.deref() !== undefined
    }
    await expect.poll(isHeld, { timeout: 10_000 }).toBe(false)
  })
  it('turns the camera off and on without a new negotiation', async () => {
    const { a, left, signals, connected } = await pair()
    await connected()
    const offers = signals.filter((signal) => signal.kind === 'description').length
    await a.setCamera(false)
    expect(a.local()).toEqual({ microphone: 'on', camera: 'off', screen: 'off' })
    expect(left.streamsOf(id)?.local.getVideoTracks()).toHaveLength(0)
    await a.setCamera(true)
    expect(a.local().camera).toBe('on')
    expect(signals.filter((signal) => signal.kind === 'description')).toHaveLength(offers)
  })
  it('turns the camera off for all though one link closes under it', async () => {
    const { a, aLink, connected } = await pair()
    await connected()
    const replace = vi.spyOn(RTCRtpSender.prototype, 'replaceTrack').mockImplementation(() => {
      replace.mockRestore()
      aLink.close()
      return Promise.reject(new DOMException('the connection is closed', 'InvalidStateError'))
    })
    await a.setCamera(false)
    expect(a.local().camera).toBe('off')
  })
  it('starts with sound alone and takes a camera later', async () => {
    const { a, heard, connected } = await pair((s) => s, { audio: true, video: false })
    await connected()
    await a.setCamera(true)
    await seen(heard.right()?.main)
  })
  it('CA-6 starts without any device, muted, and opens the microphone with the first word', async () => {
    const { a, left, connected } = await pair((s) => s, { audio: false, video: false })
    await connected()
    expect(a.local()).toEqual({ microphone: 'muted', camera: 'off', screen: 'off' })
    expect(left.streamsOf(id)?.local.getTracks()).toEqual([])
    await a.setMuted(false)
    expect(a.local().microphone).toBe('on')
    expect(kinds(left.streamsOf(id)?.local)).toEqual(['audio'])
  })
  it('CA-17 keeps a new microphone muted when the old one was', async () => {
    const { a, left, connected } = await pair()
    await connected()
    await a.setMuted(true)
    const [first] = left.streamsOf(id)?.local.getAudioTracks() ?? []
    await left.useDevice('microphone', '')
    const [second] = left.streamsOf(id)?.local.getAudioTracks() ?? []
    expect(second).not.toBe(first)
    expect([first?.readyState, second?.enabled, a.local().microphone]).toEqual(['ended', false, 'muted'])
  })
  it('takes another camera in the running call', async () => {
    const { left, heard, connected } = await pair()
    await connected()
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(
      ({ kind }) => kind === 'videoinput',
    )
    await left.useDevice('camera', cameras.at(-1)?.deviceId ?? '')
    const [track] = left.streamsOf(id)?.local.getVideoTracks() ?? []
    expect(track?.getSettings().deviceId).toBe(cameras.at(-1)?.deviceId)
    await seen(heard.right()?.main)
  })
  it('CA-17 goes on after a restart of ICE asked for by both sides at once', async () => {
    const { aLink, bLink, heard, states, signals, failures, connected } = await pair()
    await connected()
    const before = signals.filter((signal) => signal.kind === 'description').length
    aLink.restart()
    bLink.restart()
    await expect
      .poll(() => signals.filter((signal) => signal.kind === 'description').length, { timeout: 10_000 })
      .toBeGreaterThan(before)
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')
    await seen(heard.right()?.main)
    expect(failures).toEqual([])
  })
  it('CA-10 never connects when the fingerprint was changed on the way', async () => {
    const swap = (signal: MediaSignal): MediaSignal =>
      signal.kind === 'description'
        ? {
            ...signal,
            sdp: signal.sdp.replace(
              /(a=fingerprint:\S+ )(..)/g,
              (_, head: string, first: string) => head + (first === '00' ? '11' : '00'),
            ),
          }
        : signal
    const { states } = await pair(swap)
    await expect.poll(() => states.at(-1), { timeout: 20_000 }).toBe('failed')
    expect(states).not.toContain('connected')
  })
  it('CA-22 gathers nothing of its own and never connects directly while hidden', async () => {
    const { aLink, signals, states } = await pair((s) => s, both, true)
    await expect.poll(() => signals.length, { timeout: 10_000 }).toBeGreaterThan(0)
    aLink.restart()
    await expect
      .poll(() => signals.filter(({ kind }) => kind === 'description').length, { timeout: 10_000 })
      .toBeGreaterThan(1)
    expect(signals.filter(({ kind }) => kind === 'candidate')).toEqual([])
    expect(JSON.stringify(signals)).not.toMatch(/a=candidate/)
    expect(states).not.toContain('connected')
  })
  it('CA-22 can hide behind TURN servers, not behind STUN servers', async () => {
    expect(await new BrowserMedia(() => [{ urls: 'stun:s.example' }]).canRelay()).toBe(false)
    expect(await new BrowserMedia(() => [{ urls: 'turn:t.example' }]).canRelay()).toBe(true)
  })
  it('releases the devices when closed', async () => {
    const { a, left } = await pair()
    await hasDevices(a)
    const track = left.streamsOf(id)?.local.getTracks()[0]
    a.close()
    expect(track?.readyState).toBe('ended')
    expect(left.streamsOf(id)).toBeUndefined()
  })
  it('shows a preview that sends nothing and leaves nothing open', async () => {
    const engine = new BrowserMedia(() => [])
    const preview = await engine.preview(both)
    const tracks = preview.stream.getTracks()
    expect([preview.local().camera, tracks.length]).toEqual(['on', 2])
    preview.close()
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended'])
  })

  it('CA-6 takes the running camera and microphone of a preview into the call', async () => {
    const engine = new BrowserMedia(() => [])
    const preview = await engine.preview(both)
    const tracks = preview.stream.getTracks()
    const asked = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
    const session = await engine.open(id, both)
    preview.close()
    open.push(session)
    await hasDevices(session)
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
    expect(engine.streamsOf(id)?.local.getTracks()).toEqual(tracks)
    session.close()
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended'])
  })

  it('CA-6 lets go of what a preview has and the call does not want', async () => {
    const engine = new BrowserMedia(() => [])
    const preview = await engine.preview(both)
    const [microphone, camera] = [preview.stream.getAudioTracks()[0], preview.stream.getVideoTracks()[0]]
    const session = await engine.open(id, { audio: true, video: false })
    preview.close()
    open.push(session)
    await hasDevices(session)
    expect([microphone?.readyState, camera?.readyState]).toEqual(['live', 'ended'])
    expect(session.local().camera).toBe('off')
  })
})
