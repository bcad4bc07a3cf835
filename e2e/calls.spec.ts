import { expect, test } from './fixtures/test.ts'
import type { Tab } from './fixtures/tab.ts'

async function pair(person: (name: string) => Promise<Tab>): Promise<[Tab, Tab]> {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await Promise.all([ann.sees('Ben'), ben.sees('Ann')])
  return [ann, ben]
}

test('a call is rung, accepted, seen and heard on both sides, and hung up', async ({ person }) => {
  const [ann, ben] = await pair(person)
  await ann.page.getByRole('button', { name: 'Call Ben with video' }).first().click()
  await expect(ann.page.getByTestId('call-stage')).toContainText('Ringing Ben')
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ann is calling with video')
  await ben.page.getByRole('button', { name: 'Accept with video' }).click()

  for (const tab of [ann, ben]) {
    await expect(tab.page.getByTestId('remote-video')).toBeVisible()
    await tab.receivesFrom(1)
  }
  await ann.page.getByRole('button', { name: 'Mute', exact: true }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ann is muted')
  await ann.page.getByRole('button', { name: 'Turn camera off' }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ann’s camera is off')
  await ann.page.getByRole('button', { name: 'Turn camera on' }).click()
  await expect(ben.page.getByTestId('remote-video')).toBeVisible()

  await ben.page.getByRole('button', { name: 'Hang up' }).click()
  await expect(ann.page.getByTestId('call-stage')).toContainText('The call ended')
  await expect(ann.page.getByText(/called Ben,/).first()).toBeVisible()
  await expect(ben.page.getByText(/Ann called/).first()).toBeVisible()
})

test('a call is declined, and a cancelled one stops ringing', async ({ person }) => {
  const [ann, ben] = await pair(person)
  await ann.page.getByRole('button', { name: 'Call Ben', exact: true }).first().click()
  await ben.page.getByRole('button', { name: 'Decline' }).click()
  await expect(ann.page.getByTestId('call-stage')).toContainText('Ben declined the call')

  await ann.page.getByRole('button', { name: 'Dismiss' }).first().click()
  await ann.page.getByRole('button', { name: 'Call Ben', exact: true }).first().click()
  await expect(ben.page.getByRole('button', { name: 'Decline' })).toBeVisible()
  await ann.page.getByRole('button', { name: 'Cancel the call' }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('The call was cancelled')
})

test('a call goes on when the relay dies', async ({ person, relay }) => {
  const [ann, ben] = await pair(person)
  await ann.page.getByRole('button', { name: 'Call Ben with video' }).first().click()
  await ben.page.getByRole('button', { name: 'Accept with video' }).click()
  await ben.receivesFrom(1)
  await relay.kill()
  await ann.receivesFrom(1)
  await ben.receivesFrom(1)
  // The word of a mute finds its way without the relay.
  await ann.page.getByRole('button', { name: 'Mute', exact: true }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ann is muted')
})
