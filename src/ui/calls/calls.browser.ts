import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import type { CallState, EndReason, Participant } from '../../core/calls/index.ts'
import { enLate } from '../../app/messages/en-late.ts'
import { drawnStream } from '../../app/testing/pictures.ts'
import { mountRoom, type Mounted } from '../testing/mount-app.ts'

const account = 'ann' as AccountId
const call = 'call' as CallId
const peer = 'tab of ann' as PeerId
const stage = page.getByTestId('call-stage')
const live: Extract<CallState, { kind: 'live' }> = {
  kind: 'live',
  call,
  account,
  since: Date.now(),
  people: [
    {
      peer,
      account,
      link: 'connected',
      sends: { audio: true, video: true, screen: false },
      hand: false,
      joinedAt: Date.now(),
    },
  ],
}
/** The live call with what has changed about Ann. */
const withChange = (change: Partial<Participant>): CallState => ({
  ...live,
  people: live.people.map((one) => ({ ...one, ...change })),
})

const withAnn = (): Promise<Mounted> =>
  mountRoom((fake) => void fake.open.room.put({ account, name: 'Ann', peer }))

describe('the call stage', () => {
  it('is absent while there is no call, and so are call buttons while nobody is there', async () => {
    await mountRoom()
    await expect.element(page.getByTestId('composer')).toBeVisible()
    expect(stage.elements()).toEqual([])
    expect(page.getByRole('button', { name: /call/i }).elements()).toEqual([])
  })

  it('rings out and can be cancelled', async () => {
    const { peer: fake } = await withAnn()
    await page.getByRole('button', { name: 'Voice call with Ann' }).click()
    await expect.element(stage).toHaveTextContent('Ringing Ann…')
    await page.getByRole('button', { name: 'Cancel the call' }).click()
    expect(fake.open.calls.asked).toEqual(['ring', 'hang up'])
  })

  it('rings in until it is answered, and stops ringing at once then', async () => {
    const sounds: string[] = []
    const createAudio = (): AudioContext => {
      const context = new AudioContext()
      const close = context.close.bind(context)
      sounds.push('ring')
      context.close = () => {
        sounds.push('silence')
        return close()
      }
      return context
    }
    const { peer: fake } = await mountRoom((f) => void f.open.room.put({ account, name: 'Ann', peer }), {
      createAudio,
    })
    await expect.element(page.getByTestId('composer')).toBeVisible()
    fake.open.calls.set({
      kind: 'ringing-in',
      call,
      account,
      peer,
      media: { audio: true, video: true },
      others: undefined,
    })
    await expect.element(page.getByText('Ann is calling with video')).toBeVisible()
    expect(sounds).toEqual(['ring'])
    await page.getByRole('button', { name: 'Accept with video' }).click()
    expect(sounds).toEqual(['ring', 'silence'])
    expect(fake.open.calls.asked).toEqual(['accept video'])
    await expect.element(stage).toHaveTextContent('Connecting with Ann…')
  })

  it('shows both pictures of a live call and mutes with a true state', async () => {
    const { peer: fake } = await withAnn()
    fake.streams.set({ local: drawnStream(10), people: { [peer]: { main: drawnStream(200) } } })
    fake.open.calls.setLocal({ microphone: 'on', camera: 'on', screen: 'off' })
    fake.open.calls.set(live)
    const remote = page.getByTestId('remote-video')
    await expect.poll(() => (remote.element() as HTMLVideoElement).videoWidth).toBeGreaterThan(0)
    await expect.element(page.getByTestId('self-video')).toBeVisible()
    expect((page.getByTestId('self-video').element() as HTMLVideoElement).muted).toBe(true)
    expect((remote.element() as HTMLVideoElement).muted).toBe(false)

    await page.getByRole('button', { name: 'Mute' }).click()
    await expect.element(page.getByRole('button', { name: 'Unmute' })).toHaveAttribute('aria-pressed', 'true')
    expect(fake.open.calls.local().microphone).toBe('muted')
  })

  it('keeps hearing the other when their camera goes off', async () => {
    const { peer: fake } = await withAnn()
    fake.streams.set({ people: { [peer]: { main: drawnStream(200) } } })
    fake.open.calls.set(live)
    await expect.element(page.getByTestId('remote-video')).toBeVisible()
    const before = page.getByTestId('remote-video').element()
    fake.open.calls.set(withChange({ sends: { audio: true, video: false, screen: false } }))
    await expect.element(stage).toHaveTextContent('In a call with Ann')
    const after = page.getByTestId('remote-video').element() as HTMLVideoElement
    expect(after).toBe(before)
    expect(after.paused).toBe(false)
  })

  it('says that it reconnects, and what a missing device means', async () => {
    const { peer: fake } = await withAnn()
    fake.open.calls.setLocal({ microphone: 'refused', camera: 'missing', screen: 'off' })
    fake.open.calls.set(withChange({ link: 'reconnecting' }))
    await expect.element(stage).toHaveTextContent('The connection was lost. Reconnecting…')
    await expect.element(stage).toHaveTextContent('The browser was not allowed to use the microphone.')
    expect(page.getByRole('button', { name: 'Mute' }).elements()).toEqual([])
    expect(page.getByRole('button', { name: /camera/ }).elements()).toEqual([])
  })

  const reasons: readonly EndReason[] = [
    'hung-up',
    'declined',
    'cancelled',
    'busy',
    'no-answer',
    'lost',
    'failed',
    'answered-elsewhere',
  ]

  it.each(reasons)('says in words that a call ended: %s', async (reason) => {
    const { peer: fake } = await withAnn()
    fake.open.calls.set({ kind: 'ended', call, account, reason, durationMs: 0, met: [account] })
    const words = enLate[`call.ended.${reason}`]
    await expect.element(stage).toHaveTextContent(typeof words === 'string' ? words : words({ name: 'Ann' }))
    await stage.getByRole('button', { name: 'Close' }).click()
    await expect.element(stage).not.toBeInTheDocument()
  })
})
