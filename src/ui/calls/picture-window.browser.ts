import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import type { CallState, Participant } from '../../core/calls/index.ts'
import { drawnStream } from '../../app/testing/pictures.ts'
import { mountRoom, type Mounted } from '../testing/mount-app.ts'

const call = 'call' as CallId
const people = (...names: string[]): readonly Participant[] =>
  names.map((name) => ({
    peer: `tab of ${name}` as PeerId,
    account: name as AccountId,
    link: 'connected',
    sends: { audio: true, video: true, screen: false },
    hand: false,
    joinedAt: 0,
  }))
const live = (...names: string[]): CallState => ({
  kind: 'live',
  call,
  account: undefined,
  since: Date.now(),
  people: people(...names),
})

/** Windows as Document Picture-in-Picture makes them, played by frames of the page. */
function fakeWindows(): HTMLIFrameElement[] {
  const made: HTMLIFrameElement[] = []
  const requestWindow = async (): Promise<Window | null> => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    made.push(frame)
    onTestFinished(() => frame.remove())
    if (frame.contentWindow !== null) frame.contentWindow.close = () => frame.remove()
    return frame.contentWindow
  }
  vi.stubGlobal('documentPictureInPicture', { requestWindow })
  onTestFinished(() => void vi.unstubAllGlobals())
  return made
}

const within = (frame: HTMLIFrameElement | undefined, selector: string): HTMLElement | null =>
  frame?.contentDocument?.querySelector(selector) ?? null
const button = (frame: HTMLIFrameElement | undefined, label: string): HTMLElement | null =>
  within(frame, `button[aria-label="${label}"]`)

async function floating(
  ...names: string[]
): Promise<Mounted & { frame: () => HTMLIFrameElement | undefined }> {
  const frames = fakeWindows()
  const mounted = await mountRoom((fake) => {
    for (const { account, peer } of people(...names))
      fake.open.room.put({ account, name: account === 'ann' ? 'Ann' : 'Ben', peer })
  })
  const { peer: fake } = mounted
  fake.streams.set({
    local: drawnStream(10),
    people: Object.fromEntries(
      people(...names).map(({ peer }, n) => [peer, { main: drawnStream(100 + n * 60) }]),
    ),
  })
  fake.open.calls.setLocal({ microphone: 'on', camera: 'on', screen: 'off' })
  fake.open.calls.set(live(...names))
  await page.getByRole('button', { name: 'Devices and options' }).click()
  await page.getByRole('button', { name: 'Picture in picture', exact: true }).click()
  const frame = (): HTMLIFrameElement | undefined => frames.at(-1)
  await expect.poll(() => within(frame(), 'main')).not.toBeNull()
  return { ...mounted, frame }
}

describe('picture in picture', () => {
  it('shows who has the floor, with name, in the styles of the page, and without a second sound', async () => {
    const { peer: fake, frame } = await floating('ann', 'ben')
    await expect
      .poll(() => (within(frame(), 'video') as HTMLVideoElement | null)?.videoWidth)
      .toBeGreaterThan(0)
    expect((within(frame(), 'video') as HTMLVideoElement).muted).toBe(true)
    expect(within(frame(), 'main')?.innerText).toContain('Ann')
    const main = within(frame(), 'main')
    expect(main && frame()?.contentWindow?.getComputedStyle(main).display).toBe('flex')
    expect(frame()?.contentDocument?.documentElement.lang).toBe(document.documentElement.lang)
    fake.streams.levels.set('tab of ben' as PeerId, 0.3)
    await expect.poll(() => within(frame(), 'main')?.innerText, { timeout: 10_000 }).toContain('Ben')
  })
  it('mutes and hangs up; the end of the call closes it', async () => {
    const { peer: fake, frame } = await floating('ann')
    button(frame(), 'Mute')?.click()
    await expect.poll(() => button(frame(), 'Unmute')?.getAttribute('aria-pressed')).toBe('true')
    expect(fake.open.calls.local().microphone).toBe('muted')
    button(frame(), 'Hang up')?.click()
    await expect.poll(() => frame()?.isConnected).toBe(false)
    expect(fake.open.calls.asked).toEqual(['hang up'])
  })
  it('takes the keys of the call, but for those it has no place for', async () => {
    const { peer: fake, frame } = await floating('ann')
    const press = (key: string, target?: HTMLElement | null): void => {
      const view = frame()?.contentWindow
      const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, view: view ?? null })
      ;(target ?? view)?.dispatchEvent(event)
    }
    press('m')
    await expect.poll(() => fake.open.calls.local().microphone).toBe('muted')
    press('v')
    await expect.poll(() => fake.open.calls.local().camera).toBe('off')
    press('s')
    press('?')
    press(' ', button(frame(), 'Hang up')) // space presses the button that has the focus
    expect(fake.open.calls.local()).toEqual({ microphone: 'muted', camera: 'off', screen: 'off' })
    expect(document.querySelector('dialog[open]')).toBeNull()
  })
  it('is closed by its own button, and can be opened again; by ours as well', async () => {
    const { frame } = await floating('ann')
    const first = frame()
    first?.remove()
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByRole('button', { name: 'Picture in picture', exact: true }).click()
    await expect.poll(() => within(frame(), 'main')).not.toBeNull()
    expect(frame()).not.toBe(first)
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByRole('button', { name: 'Close picture in picture' }).click()
    await expect.poll(() => frame()?.isConnected).toBe(false)
  })
  it('is closed when the room is left', async () => {
    const { app, frame } = await floating('ann')
    await app.leave()
    await expect.poll(() => frame()?.isConnected).toBe(false)
  })
  it('says so when the browser does not open it', async () => {
    const { frame } = await floating('ann')
    frame()?.remove()
    const refuse = (): Promise<never> => Promise.reject(new DOMException('no gesture', 'NotAllowedError'))
    vi.stubGlobal('documentPictureInPicture', { requestWindow: refuse })
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByRole('button', { name: 'Picture in picture', exact: true }).click()
    await expect.element(page.getByText('The browser did not open the small window.')).toBeVisible()
  })
})
