import { expect, test } from './fixtures/test.ts'
import type { Tab } from './fixtures/tab.ts'

async function room(person: (name: string) => Promise<Tab>, names: readonly string[]): Promise<Tab[]> {
  const tabs: Tab[] = []
  let link = ''
  for (const name of names) {
    const tab = await person(name)
    if (link === '') link = await tab.startRoom()
    else await tab.join(link)
    await Promise.all(tabs.map((other, n) => Promise.all([other.sees(name), tab.sees(names[n] ?? '')])))
    tabs.push(tab)
  }
  return tabs
}

async function inCall(ann: Tab, ben: Tab): Promise<void> {
  await ann.page.getByRole('button', { name: 'Call Ben with video' }).first().click()
  await ben.page.getByRole('button', { name: 'Accept with video' }).click()
  await Promise.all([ann.receivesFrom(1), ben.receivesFrom(1)])
}

test('CA-24 a third person is rung into the call, and seen and heard by both', async ({ person }) => {
  const [ann, ben, cleo] = (await room(person, ['Ann', 'Ben', 'Cleo'])) as [Tab, Tab, Tab]
  await inCall(ann, ben)
  await ben.page.getByRole('button', { name: 'Ring Cleo into the call' }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ringing Cleo')
  await expect(cleo.page.getByTestId('call-stage')).toContainText('Ben asks you into the call with Ann')
  await cleo.page.getByRole('button', { name: 'Accept with video' }).click()
  await Promise.all([ann, ben, cleo].map((tab) => tab.receivesFrom(2)))
  // It is the room's call now, and outlives whoever began it.
  await ann.page.getByRole('button', { name: 'Hang up' }).click()
  await expect(cleo.tile('Ann')).toHaveCount(0)
  await Promise.all([ben, cleo].map((tab) => tab.receivesFrom(1)))
})

test('CA-20 figures of a call move, with their last minute and what the other gets', async ({ person }) => {
  const [ann, ben] = (await room(person, ['Ann', 'Ben'])) as [Tab, Tab]
  await inCall(ann, ben)
  await ann.tile('Ben').hover()
  await ann.page.getByRole('button', { name: 'Options for Ben' }).click()
  const figures = ann.page.getByTestId('quality-figures')
  await expect(figures).toContainText(/↓ [1-9]\d* ↑ [1-9]\d* kbit\/s/)
  await expect(figures).toContainText(/VP8/)
  const points = (): Promise<number> =>
    ann.page
      .getByTestId('sparkline')
      .last()
      .evaluate((graph) => (graph.querySelector('polyline')?.getAttribute('points') ?? '').split(' ').length)
  await expect.poll(points).toBeGreaterThan(3)
  const seen = ann.page.getByTestId('seen-figures')
  await expect(seen).toContainText(/\d+ × \d+, \d+\/s, \d+ kbit\/s/)
  await expect(seen).toContainText(/Sound\s*[\d.]+ % lost, \d+ ms/, { timeout: 20_000 })
})

test('the stage goes into a window above others, with its own way to hang up', async ({ person }) => {
  const [ann, ben] = (await room(person, ['Ann', 'Ben'])) as [Tab, Tab]
  await inCall(ann, ben)
  const { page } = ann
  await page.getByRole('button', { name: 'Devices and options' }).click()
  const opened = page.context().waitForEvent('page')
  await page.getByRole('button', { name: 'Picture in picture', exact: true }).click()
  const small = await opened
  await expect(small.getByTestId('floating-stage')).toContainText('Ben')
  await expect
    .poll(() => small.locator('video').evaluate((video) => (video as HTMLVideoElement).videoWidth))
    .toBeGreaterThan(0)
  // Dressed like the page, though its policy of content allows no style elements.
  await expect(small.getByTestId('floating-stage')).toHaveCSS('display', 'flex')
  await small.getByRole('button', { name: 'Mute', exact: true }).click()
  await expect(ben.page.getByTestId('call-stage')).toContainText('Ann is muted')
  await small.keyboard.press('m')
  await expect(ben.page.getByTestId('call-stage')).not.toContainText('Ann is muted')
  const closed = small.waitForEvent('close')
  await small.getByRole('button', { name: 'Hang up' }).click()
  await closed
  await expect(ben.page.getByTestId('call-stage')).toContainText('The call ended')
})
