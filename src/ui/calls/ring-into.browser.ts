import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import type { AccountId, CallId, PeerId } from '../../core/base/ids.ts'
import type { CallState, RingIntoOutcome } from '../../core/calls/index.ts'
import { mountRoom, type Mounted } from '../testing/mount-app.ts'

const [ann, ben] = ['ann', 'ben'] as [AccountId, AccountId]
const tab = (account: AccountId): PeerId => `tab of ${account}` as PeerId
const call = 'call' as CallId
const stage = page.getByTestId('call-stage')
const withAnn: CallState = {
  kind: 'live',
  call,
  account: undefined,
  since: Date.now(),
  people: [
    {
      ...{ peer: tab(ann), account: ann, link: 'connected', hand: false, joinedAt: 0 },
      sends: { audio: true, video: false, screen: false },
    },
  ],
}

async function inRoom(): Promise<Mounted> {
  const mounted = await mountRoom((fake) => {
    fake.open.room.put({ account: ann, name: 'Ann', peer: tab(ann) })
    fake.open.room.put({ account: ben, name: 'Ben', peer: tab(ben) })
  })
  await expect.element(page.getByTestId('composer')).toBeVisible()
  return mounted
}

describe('ringing a further person into the call', () => {
  it('is offered for who is not in it, shows that it rings, and can be stopped', async () => {
    const { peer: fake } = await inRoom()
    expect(page.getByRole('button', { name: /into the call/ }).elements()).toEqual([])
    fake.open.calls.set(withAnn)
    await page.getByRole('button', { name: /^People and files/ }).click()
    await page.getByRole('button', { name: 'Ring Ben into the call' }).click()
    await expect.element(stage).toHaveTextContent('Ringing Ben…')
    expect(page.getByRole('button', { name: 'Ring Ann into the call' }).elements()).toEqual([])
    await page.getByRole('button', { name: 'Stop ringing Ben' }).click()
    await expect.element(stage).not.toHaveTextContent('Ringing Ben…')
    expect(fake.open.calls.asked).toEqual(['ring ben into', 'cancel ring of ben'])
  })
  it.each<[RingIntoOutcome, string]>([
    ['declined', 'Ben does not come into the call now.'],
    ['busy', 'Ben is in another call.'],
    ['no-answer', 'Ben did not answer.'],
    ['unreachable', 'Ben cannot be reached just now.'],
  ])('says how it ended: %s', async (outcome, words) => {
    const { peer: fake } = await inRoom()
    fake.open.calls.set(withAnn)
    fake.open.calls.events.emit('ring:ended', { account: ben, outcome })
    await expect.element(page.getByText(words)).toBeVisible()
  })
  it('tells who is rung into a call who is in it, and is taken like any', async () => {
    const { peer: fake } = await inRoom()
    const media = { audio: true, video: false }
    fake.open.calls.set({ kind: 'ringing-in', call, account: ann, peer: tab(ann), media, others: [ben] })
    await expect.element(page.getByText('Ann asks you into the call with Ben')).toBeVisible()
    fake.open.calls.set({ kind: 'ringing-in', call, account: ann, peer: tab(ann), media, others: [] })
    await expect.element(page.getByText('Ann asks you into the call', { exact: true })).toBeVisible()
    await page.getByRole('button', { name: 'Accept', exact: true }).click()
    expect(fake.open.calls.asked).toEqual(['accept audio'])
  })
})
