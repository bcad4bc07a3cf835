import { afterEach, describe, expect, it } from 'vitest'
import { toBase64Url } from '../../core/base/bytes.ts'
import type { CallId } from '../../core/base/ids.ts'
import type { MediaSession, MediaSignal } from '../../core/calls/index.ts'
import { BrowserMedia } from './media.ts'

const id = (n: number): CallId => toBase64Url(new Uint8Array(16).fill(n)) as CallId
const open: MediaSession[] = []

afterEach(() => {
  for (const session of open.splice(0)) session.close()
})

/** Two engines in one page, their signals carried across; `alter` may change what travels to the answering side. */
async function pair(
  alter: (signal: MediaSignal) => MediaSignal = (s) => s,
  wanted = { audio: true, video: true },
) {
  const left = new BrowserMedia(() => [])
  const right = new BrowserMedia(() => [])
  const a = await left.open(id(1), { wanted, polite: false })
  const b = await right.open(id(1), { wanted, polite: true })
  open.push(a.session, b.session)
  const errors: unknown[] = []
  const states: string[] = []
  const remotes: { audio: boolean; video: boolean }[] = []
  b.session.onState((state) => states.push(state))
  b.session.onRemote((remote) => remotes.push(remote))
  b.session.onSignal((signal) => void a.session.signal(signal).catch((e: unknown) => errors.push(e)))
  a.session.onSignal((signal) => void b.session.signal(alter(signal)).catch((e: unknown) => errors.push(e)))
  return { left, right, a, b, errors, states, remotes }
}

function video(stream: MediaStream | undefined): HTMLVideoElement {
  const element = document.createElement('video')
  element.muted = true
  element.srcObject = stream ?? null
  void element.play()
  return element
}

describe('media between two engines', () => {
  it('CA-6 carries picture and sound both ways', async () => {
    const { left, right, states } = await pair()
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')
    for (const engine of [left, right]) {
      const remote = engine.streamsOf(id(1)).remote
      expect(
        remote
          ?.getTracks()
          .map((t) => t.kind)
          .sort(),
      ).toEqual(['audio', 'video'])
      const element = video(remote)
      await expect.poll(() => element.videoWidth, { timeout: 10_000 }).toBeGreaterThan(0)
    }
  })
  it('turns the camera off and on without a new connection', async () => {
    const { a, left, remotes, states } = await pair()
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')
    expect(await a.session.setCamera(false)).toEqual({ microphone: 'on', camera: 'off' })
    expect(left.streamsOf(id(1)).local?.getVideoTracks()).toHaveLength(0)
    await expect.poll(() => remotes.at(-1)).toEqual({ audio: true, video: false })
    expect(await a.session.setCamera(true)).toEqual({ microphone: 'on', camera: 'on' })
    await expect.poll(() => remotes.at(-1)).toEqual({ audio: true, video: true })
  })
  it('starts with sound alone and takes a camera later', async () => {
    const { a, right, states } = await pair((s) => s, { audio: true, video: false })
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')
    await a.session.setCamera(true)
    const element = video(right.streamsOf(id(1)).remote)
    await expect.poll(() => element.videoWidth, { timeout: 10_000 }).toBeGreaterThan(0)
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
    const { states, b } = await pair(swap)
    await expect.poll(() => states.at(-1), { timeout: 20_000 }).toBe('failed')
    expect(states).not.toContain('connected')
    b.session.close()
  })
  it('CA-1 refuses a description without a fingerprint', async () => {
    const { errors } = await pair((signal) =>
      signal.kind === 'description'
        ? { ...signal, sdp: signal.sdp.replace(/^a=fingerprint.*$/gm, 'a=x') }
        : signal,
    )
    await expect.poll(() => errors.length).toBeGreaterThan(0)
    expect(errors[0]).toMatchObject({ name: 'InvalidMessageError' })
  })
  it('releases the devices when closed', async () => {
    const { a, left } = await pair()
    const track = left.streamsOf(id(1)).local?.getTracks()[0]
    a.session.close()
    expect(track?.readyState).toBe('ended')
    expect(left.streamsOf(id(1))).toEqual({})
  })
})
