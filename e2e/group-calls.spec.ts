import { expect, test } from './fixtures/test.ts'
import type { Tab } from './fixtures/tab.ts'

async function roomOf(person: (name: string) => Promise<Tab>, names: readonly string[]): Promise<Tab[]> {
  const tabs: Tab[] = []
  let link = ''
  for (const name of names) {
    const tab = await person(name)
    if (tabs.length === 0) link = await tab.startRoom()
    else await tab.join(link)
    tabs.push(tab)
  }
  for (const tab of tabs) for (const name of names) if (name !== tab.name) await tab.sees(name)
  return tabs
}

/** From being in a call until everyone in it is seen and heard. */
const soonMs = 5_000

test('two, three, then four in a call all see and hear each other within 5 s, and go on doing so', async ({
  person,
}) => {
  test.setTimeout(150_000)
  const tabs = await roomOf(person, ['Ann', 'Ben', 'Cleo', 'Dan'])
  const [ann, ...others] = tabs as [Tab, ...Tab[]]
  await ann.startCall()
  const inCall = [ann]
  const waits: number[] = []
  for (const tab of others) {
    await tab.joinCall()
    inCall.push(tab)
    waits.push(...(await Promise.all(inCall.map((one) => one.receivesAllOf(inCall.length - 1)))))
  }
  await Promise.all(tabs.map((tab) => tab.seesAllFor(3, 30)))
  await Promise.all(tabs.map((tab) => tab.receivesAllOf(3)))
  // The middle one: a machine with other work to do holds up one or another.
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(soonMs)
})

test('what each does in a call is seen by the others', async ({ person }) => {
  const tabs = await roomOf(person, ['Ann', 'Ben', 'Cleo'])
  const [ann, ben, cleo] = tabs as [Tab, Tab, Tab]
  await ann.startCall()
  await ben.joinCall()
  await cleo.joinCall()
  for (const tab of tabs) await tab.receivesFrom(2)

  await ben.page.getByRole('button', { name: 'Mute', exact: true }).click()
  await ben.page.getByRole('button', { name: 'Turn camera off' }).click()
  await ben.page.getByRole('button', { name: 'Raise your hand' }).click()
  for (const tab of [ann, cleo]) {
    await expect(tab.tile('Ben')).toContainText('Ben is muted')
    await expect(tab.tile('Ben')).toContainText('Ben’s camera is off')
    await expect(tab.tile('Ben')).toContainText('Ben raised a hand')
  }

  await cleo.page.getByRole('button', { name: 'Show your screen' }).click()
  await expect(ann.page.locator('[data-kind=screen]')).toContainText('Cleo’s screen')
  await expect(ann.page.getByTestId('call-tiles')).toHaveAttribute('data-layout', 'spotlight')
  await expect.poll(() => ann.pictureWidth('screen-video')).toBeGreaterThan(0)
  await cleo.page.getByRole('button', { name: 'Stop showing your screen' }).click()
  await expect(ann.page.locator('[data-kind=screen]')).toHaveCount(0)

  await ann.page.getByRole('button', { name: 'Keep Cleo large' }).click()
  await expect(ann.tile('Cleo')).toHaveClass(/main/)
  await cleo.page.getByRole('button', { name: 'Devices and options' }).click()
  await cleo.page.getByLabel('Microphone', { exact: true }).selectOption({ index: 1 })
  await cleo.page.keyboard.press('Escape')
  await ann.receivesFrom(2, 1)

  await cleo.page.getByRole('button', { name: 'Hang up' }).click()
  await expect(ann.tile('Cleo')).toHaveCount(0)
  await cleo.page.getByRole('button', { name: 'Join again' }).click()
  await expect(ann.tile('Cleo')).toHaveAttribute('data-link', 'connected')
  await cleo.receivesFrom(2, 1)
})

test('whoever joins in the same second, ten times over, all are linked', async ({ person }) => {
  const tabs = await roomOf(person, ['Ann', 'Ben', 'Cleo'])
  await Promise.all(tabs.map((tab) => tab.startCall()))
  for (let round = 0; round < 10; round++) {
    for (const tab of tabs)
      await expect(tab.page.locator('[data-testid=call-tile][data-link=connected]')).toHaveCount(3)
    await Promise.all(tabs.map((tab) => tab.page.getByRole('button', { name: 'Hang up' }).click()))
    for (const tab of tabs) await expect(tab.page.getByTestId('call-stage')).toContainText('The call ended')
    // One is first to have no call to join any more, and begins the next.
    await Promise.all(tabs.map((tab) => tab.page.getByRole('button', { name: 'Close' }).last().click()))
    await Promise.all(tabs.map((tab) => tab.startCall()))
  }
  for (const tab of tabs) await tab.receivesFrom(2)
})

test('a tab that is killed and opened again is back in its tile', async ({ person }) => {
  const tabs = await roomOf(person, ['Ann', 'Ben', 'Cleo'])
  const [ann, ben, cleo] = tabs as [Tab, Tab, Tab]
  await ann.startCall()
  await ben.joinCall()
  await cleo.joinCall()
  await ann.receivesFrom(2)
  await ben.crash()
  await expect(ann.tile('Ben')).toHaveAttribute('data-link', 'reconnecting')
  const places = await ann.tileOrder()
  await ben.reopen()
  await ben.joinCall()
  await expect(ann.tile('Ben')).toHaveAttribute('data-link', 'connected')
  expect(await ann.tileOrder()).toEqual(places)
  await ben.receivesFrom(2)
  await ann.receivesFrom(2)
})
