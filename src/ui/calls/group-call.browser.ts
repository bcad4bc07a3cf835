import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import type { CallState, Participant } from '../../core/calls/index.ts'
import { drawnStream } from '../../app/testing/pictures.ts'
import { someQuality } from '../../app/testing/quality.ts'
import { memoryKeep } from '../../app/keep.ts'
import { mountRoom, type Mounted } from '../testing/mount-app.ts'

const names = { ann: 'Ann', ben: 'Ben', cleo: 'Cleo' } as const
type Name = keyof typeof names
const call = 'call' as CallId
const stage = page.getByTestId('call-stage')

const person = (name: Name, change: Partial<Participant> = {}): Participant => ({
  peer: `tab of ${name}` as PeerId,
  account: name as AccountId,
  link: 'connected',
  sends: { audio: true, video: true, screen: false },
  hand: false,
  joinedAt: 0,
  ...change,
})
const live = (...people: Participant[]): CallState => ({
  kind: 'live',
  call,
  account: undefined,
  since: Date.now(),
  people,
})
const tile = (name: Name) => page.getByTestId('call-tile').filter({ hasText: names[name] })

async function inRoom(init: Parameters<typeof mountRoom>[1] = {}): Promise<Mounted> {
  const mounted = await mountRoom((fake) => {
    for (const [account, name] of Object.entries(names)) {
      fake.open.room.put({ account: account as AccountId, name, peer: `tab of ${account}` as PeerId })
    }
  }, init)
  await expect.element(page.getByTestId('composer')).toBeVisible()
  return mounted
}

async function inCall(...people: Participant[]): Promise<Mounted> {
  const mounted = await inRoom()
  const { peer: fake } = mounted
  fake.streams.set({
    local: drawnStream(10),
    people: Object.fromEntries(
      people.map(({ peer }, n) => [peer, { main: drawnStream(100 + n * 60), screen: drawnStream(50) }]),
    ),
  })
  fake.open.calls.setLocal({ microphone: 'on', camera: 'on', screen: 'off' })
  fake.open.calls.set(live(...people))
  await expect.element(page.getByTestId('call-tiles')).toBeVisible()
  return mounted
}

describe('a call of the room', () => {
  it('is shown to who is not in it, with a way in', async () => {
    const { peer: fake } = await inRoom()
    const accounts = ['ann', 'ben'] as AccountId[]
    fake.open.calls.setOngoing({ call, since: Date.now() - 60_000, accounts, isIn: false })
    await expect.element(page.getByTestId('ongoing-call')).toHaveTextContent('Ann, Ben in a call')
    await page.getByRole('button', { name: 'Join the call' }).click()
    await expect.element(page.getByTestId('call-preview')).toBeVisible()
    await page.getByRole('button', { name: 'Join now' }).click()
    expect(fake.open.calls.asked).toEqual(['join audio video'])
    await expect.element(stage).toHaveTextContent('You are alone in the call')
    expect(fake.streams.openPreviews).toBe(0)
  })

  it('can be looked at oneself before, muted and without a picture, which is remembered', async () => {
    const keep = memoryKeep()
    const { peer: fake } = await inRoom({ keep })
    fake.streams.previewStream = drawnStream(30)
    await page.getByRole('button', { name: 'Start a call in this room' }).click()
    const picture = page.getByTestId('preview-video')
    await expect.poll(() => (picture.element() as HTMLVideoElement).videoWidth).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Mute' }).click()
    await page.getByRole('button', { name: 'Turn camera off' }).click()
    await expect.element(page.getByText('Your camera is off')).toBeVisible()
    await page.getByRole('button', { name: 'Join now' }).click()
    expect(fake.open.calls.asked).toEqual(['join'])
    expect(keep.get('call-media')?.trim()).toBe('')
  })

  it('can be joined without devices, and says what is wrong with them', async () => {
    const { peer: fake } = await inRoom()
    fake.streams.found = { microphone: 'refused', camera: 'missing', screen: 'off' }
    await page.getByRole('button', { name: 'Start a call in this room' }).click()
    await expect.element(page.getByText('No camera was found.')).toBeVisible()
    await page.getByRole('button', { name: 'Join without devices' }).click()
    expect(fake.open.calls.asked).toEqual(['join'])
  })

  it('draws everyone with how they stand', async () => {
    await inCall(
      person('ann', { sends: { audio: false, video: true, screen: false } }),
      person('ben', { link: 'reconnecting', hand: true }),
      person('cleo', { link: 'lost', sends: { audio: true, video: false, screen: false } }),
    )
    await expect.element(stage).toHaveTextContent('In a call with 3 others')
    await expect.element(tile('ann')).toHaveTextContent('Ann is muted')
    await expect.element(tile('ben')).toHaveTextContent('Ben is reconnecting…')
    await expect.element(tile('ben')).toHaveTextContent('Ben raised a hand')
    await expect.element(tile('cleo')).toHaveTextContent('No way to Cleo now. Trying again…')
    expect(page.getByTestId('call-tile').elements()).toHaveLength(4)
  })

  it('keeps a pinned person large, without stopping a picture', async () => {
    await inCall(person('ann'), person('ben'))
    const before = page.getByTestId('remote-video').elements()
    await page.getByRole('button', { name: 'Keep Ben large' }).click()
    await expect.element(page.getByTestId('call-tiles')).toHaveAttribute('data-layout', 'spotlight')
    await expect.element(tile('ben')).toHaveClass('main')
    expect(page.getByTestId('remote-video').elements()).toEqual(before)
    await page.getByRole('button', { name: 'Let Ben go back among the others' }).click()
    await expect.element(page.getByTestId('call-tiles')).toHaveAttribute('data-layout', 'grid')
  })

  it('puts screens first and large, several at once, next to the cameras', async () => {
    const sends = { audio: true, video: true, screen: true }
    await inCall(person('ann', { sends }), person('ben', { sends }))
    const tiles = page.getByTestId('call-tile')
    expect(tiles.elements().map((one) => one.getAttribute('data-kind'))).toEqual([
      'screen',
      'screen',
      'person',
      'person',
      'person',
    ])
    await expect.element(tiles.first()).toHaveClass('main')
    await expect.element(tiles.first()).toHaveTextContent('Ann’s screen')
  })

  it('plays a person as loud as wished, or not at all, for us alone', async () => {
    const { peer: fake } = await inCall(person('ann'))
    const video = page.getByTestId('remote-video')
    await page.getByRole('button', { name: 'Options for Ann' }).click()
    await page.getByLabelText('Volume of Ann').fill('0.5')
    expect((video.element() as HTMLVideoElement).volume).toBe(0.5)
    await page.getByRole('button', { name: 'Mute Ann for me' }).click()
    expect((video.element() as HTMLVideoElement).muted).toBe(true)
    expect(fake.open.calls.asked).toEqual([])
  })

  it('rings around who speaks', async () => {
    const { peer: fake } = await inCall(person('ann'), person('ben'))
    fake.streams.levels.set('tab of ben' as PeerId, 0.3)
    await expect.element(tile('ben')).toHaveClass('speaking')
    fake.streams.levels.clear()
    await expect.element(tile('ben')).not.toHaveClass('speaking')
    await expect.element(tile('ann')).not.toHaveClass('speaking')
  })

  it('asks for pictures as large as their tiles, or none at all', async () => {
    const { peer: fake } = await inCall(person('ann'), person('ben'))
    const { wants } = fake.open.calls
    const ann = 'tab of ann' as PeerId
    await expect.poll(() => wants.get(ann)).toMatch(/small|medium|large/)
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByLabelText('Pictures of others').selectOptions('None: sound only')
    await expect.poll(() => wants.get(ann)).toBe('none')
  })

  it('CA-19: asks for no picture while the page is hidden for longer, and at once when it is back', async () => {
    const { peer: fake } = await inCall(person('ann'), person('ben'))
    const { wants } = fake.open.calls
    const ann = 'tab of ann' as PeerId
    await expect.poll(() => wants.get(ann)).toMatch(/small|medium|large/)
    // No test can put its own window away: what the page is told of it is the same.
    const isHidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
    onTestFinished(() => isHidden.mockRestore())
    document.dispatchEvent(new Event('visibilitychange'))
    expect(wants.get(ann)).toMatch(/small|medium|large/)
    await expect.poll(() => wants.get(ann), { timeout: 10_000 }).toBe('none')
    isHidden.mockReturnValue(false)
    document.dispatchEvent(new Event('visibilitychange'))
    await expect.poll(() => wants.get(ann)).toMatch(/small|medium|large/)
  })
  it('says how well each comes through, and nothing when there is nothing true to say', async () => {
    const { peer: fake } = await inCall(person('ann'))
    const { calls } = fake.open
    expect(page.getByTestId('quality').elements()).toEqual([])
    calls.quality.set('tab of ann' as PeerId, someQuality({ grade: 'poor', loss: 0.09 }))
    calls.events.emit('quality:changed', {})
    await expect.element(tile('ann').getByTestId('quality')).toHaveAttribute('data-grade', 'poor')
    await page.getByRole('button', { name: 'Options for Ann' }).click()
    await expect.element(page.getByTestId('quality-figures')).toHaveTextContent('31 ms')
    await expect.element(page.getByText('What Ann gets from you')).toBeVisible()
    const seen = page.getByTestId('seen-figures')
    await expect.element(seen).toHaveTextContent('640 × 360, 20/s, 350 kbit/s')
    await expect.element(seen).toHaveTextContent('0.0 % lost, 30 ms')
    await expect.element(seen).toHaveTextContent('2.0 % lost, 33 ms')
    calls.quality.clear()
    calls.events.emit('quality:changed', {})
    await expect.element(page.getByText('No figures now')).toBeVisible()
    expect(page.getByTestId('quality').elements()).toEqual([])
    expect(seen.elements()).toEqual([])
  })

  it('CA-20 draws the last minute, with a gap while a link is broken', async () => {
    const { peer: fake } = await inCall(person('ann'))
    const { calls } = fake.open
    const ann = 'tab of ann' as PeerId
    const now = performance.now()
    const read = (secondsAgo: number, rttMs: number | undefined): void => {
      const quality = rttMs === undefined ? undefined : someQuality({ rttMs, atMs: now - secondsAgo * 1000 })
      if (quality === undefined) calls.quality.delete(ann)
      else calls.quality.set(ann, quality)
      calls.events.emit('quality:changed', {})
    }
    for (const [ago, rtt] of [
      [12, 20],
      [11, 80],
      [5, 40],
      [4, 41],
    ] as const)
      read(ago, rtt)
    await page.getByRole('button', { name: 'Options for Ann' }).click()
    const graph = page.getByTestId('sparkline').first()
    await expect.element(graph).toHaveAccessibleName('Last minute: 20 ms to 80 ms, nothing now')
    expect(graph.element().querySelectorAll('polyline')).toHaveLength(2)
    calls.set(live(person('ann', { link: 'reconnecting' })))
    read(0, undefined)
    await expect.element(page.getByText('No figures now')).toBeVisible()
    expect(page.getByTestId('sparkline').first().element().querySelectorAll('polyline')).toHaveLength(2)
    calls.hangUp()
    await expect.element(graph).not.toBeInTheDocument()
  })

  it('CA-22 says of each which way it takes', async () => {
    const { peer: fake } = await inCall(person('ann'), person('ben'), person('cleo'))
    const { calls } = fake.open
    for (const [name, path] of [
      ['ann', 'direct'],
      ['ben', 'relayed'],
      ['cleo', 'hidden'],
    ] as const)
      calls.quality.set(`tab of ${name}` as PeerId, someQuality({ path }))
    calls.events.emit('quality:changed', {})
    await expect.element(tile('ann')).toHaveTextContent('Direct: straight between you two')
    await expect.element(tile('ben')).toHaveTextContent('Relayed: through a TURN server')
    await expect.element(tile('cleo')).toHaveTextContent('they do not see your address')
    calls.quality.clear()
    calls.events.emit('quality:changed', {})
    await expect.poll(() => page.getByTestId('path').elements()).toEqual([])
  })

  it('CA-22 hides the address on a word, or says why it cannot', async () => {
    const { peer: fake } = await inCall(person('ann', { link: 'lost' }))
    const { calls } = fake.open
    await page.getByRole('button', { name: 'Devices and options' }).click()
    const box = page.getByLabelText('Hide my address in this room')
    await expect.element(box).not.toBeChecked()
    expect(page.getByText('This relay offers no TURN server').elements()).toEqual([])
    await box.click()
    await expect.element(box).toBeChecked()
    expect(calls.isRelayOnly()).toBe(true)
    await expect.element(tile('ann')).toHaveTextContent('your address stays hidden')
    await box.click()
    expect(calls.isRelayOnly()).toBe(false)
    calls.hasTurn = false
    await page.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await expect.element(page.getByText('This relay offers no TURN server')).toBeVisible()
    await box.click()
    await expect.element(page.getByText('this relay has no TURN server to hide it behind')).toBeVisible()
    await expect.element(box).not.toBeChecked()
  })

  it('is asked to mute or to speak, and alone decides', async () => {
    const { peer: fake } = await inCall(person('ann'))
    const { calls } = fake.open
    const ann = { peer: 'tab of ann' as PeerId, account: 'ann' as AccountId }
    calls.events.emit('request:heard', { ...ann, what: 'speak' }) // we are not muted: nothing to ask
    calls.events.emit('request:heard', { ...ann, what: 'mute' })
    await expect.element(page.getByText('Ann asks you to mute your microphone.')).toBeVisible()
    expect(page.getByText('Ann asks you to speak.').elements()).toEqual([])
    expect(calls.local().microphone).toBe('on')
    await page.getByRole('button', { name: 'Mute', exact: true }).last().click()
    expect(calls.local().microphone).toBe('muted')
  })

  it('leaves out whom we do not want to see or hear, until we bring them back', async () => {
    const { peer: fake } = await inCall(person('ann'), person('ben'))
    await page.getByRole('button', { name: 'Options for Ann' }).click()
    await page.getByRole('button', { name: 'Remove Ann for me' }).click()
    await expect.element(tile('ann')).not.toBeInTheDocument()
    expect(fake.open.calls.wants.get('tab of ann' as PeerId)).toBe('none')
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByRole('button', { name: 'Bring Ann back' }).click()
    await expect.element(tile('ann')).toBeInTheDocument()
  })

  it('hides our own picture when we do not like to see it', async () => {
    await inCall(person('ann'))
    await page.getByRole('button', { name: 'Devices and options' }).click()
    await page.getByRole('button', { name: 'Hide your own picture' }).click()
    await expect.element(page.getByTestId('self-video')).not.toBeInTheDocument()
  })

  it('shows reactions of others and sends ours', async () => {
    const { peer: fake } = await inCall(person('ann'))
    fake.open.calls.events.emit('reaction:shown', {
      peer: 'tab of ann' as PeerId,
      account: 'ann' as AccountId,
      emoji: '🎉',
    })
    await expect.element(page.getByText('Ann reacted with 🎉')).toBeInTheDocument()
    await page.getByRole('button', { name: 'React', exact: true }).click()
    await page.getByRole('button', { name: 'React with 👏' }).click()
    expect(fake.open.calls.asked).toEqual(['react 👏'])
  })

  it('obeys its keys, not while somebody types', async () => {
    const { peer: fake } = await inCall(person('ann'))
    const { calls } = fake.open
    await userEvent.keyboard('m')
    expect(calls.local().microphone).toBe('muted')
    await userEvent.keyboard('{ >}')
    await expect.element(page.getByText('On the air while you hold the key')).toBeVisible()
    expect(calls.local().microphone).toBe('on')
    await userEvent.keyboard('{/ }')
    expect(calls.local().microphone).toBe('muted')
    await userEvent.keyboard('vshr')
    expect([calls.local().camera, calls.local().screen, calls.hand()]).toEqual(['off', 'on', true])
    expect(calls.asked).toEqual(['react 👍'])
    await page.getByTestId('composer').click()
    await userEvent.keyboard('mvsh')
    expect(calls.local().microphone).toBe('muted')
    expect(calls.hand()).toBe(true)
  })

  it('explains its keys in a sheet', async () => {
    await inCall(person('ann'))
    await userEvent.keyboard('?')
    await expect
      .element(page.getByRole('dialog', { name: 'Keys' }))
      .toHaveTextContent('Hold to talk while muted')
  })

  it('ends with who was there, and a way back while it goes on', async () => {
    const { peer: fake } = await inCall(person('ann'))
    fake.open.calls.setOngoing({ call, since: Date.now(), accounts: ['ann' as AccountId], isIn: false })
    const met = ['ann', 'ben'] as AccountId[]
    fake.open.calls.set({
      kind: 'ended',
      call,
      account: undefined,
      reason: 'hung-up',
      durationMs: 65_000,
      met,
    })
    await expect.element(stage).toHaveTextContent('With Ann, Ben.')
    await page.getByRole('button', { name: 'Join again' }).click()
    expect(fake.open.calls.asked).toEqual(['join audio video'])
  })
})
