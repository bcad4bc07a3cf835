import { systemRandom } from '../src/core/base/clock.ts'
import { encodeRoomLink, newRoomLink } from '../src/core/room/link.ts'
import { expect, test } from './fixtures/test.ts'

test('a bad link is explained where it was given and kept for another try', async ({ person }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  const field = ben.page.getByLabel('Have a link? Paste it here')
  const changed = link.slice(0, -6) + (link.at(-6) === 'A' ? 'B' : 'A') + link.slice(-5)
  const cases = [
    [link.slice(0, -5), /cut off/],
    [changed, /wrong|altered/],
    [`${new URL(link).origin}/#/r/`, /no room key/],
    [link.replace('#/r/A', '#/r/C'), /newer Tessera/],
    ['https://example.org/', /key|not a link/],
    ['hello?', /not a link/],
  ] as const
  for (const [text, words] of cases) {
    await field.fill(text)
    await ben.page.getByRole('button', { name: 'Open', exact: true }).click()
    await expect(ben.page.getByRole('alert').or(ben.page.locator('[id$=error]')).first()).toContainText(words)
    await expect(field).toHaveValue(text)
  }
  await ben.page.goto('about:blank')
  await ben.page.goto(link.slice(0, -5))
  await expect(ben.page.getByText(/cut off/).first()).toBeVisible()
})

test('a link whose own relay does not answer says so and is kept for another try', async ({
  person,
  relay,
}) => {
  const ann = await person('Ann')
  const elsewhere = '/dns4/localhost/tcp/9/ws/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
  const link = encodeRoomLink({ ...newRoomLink(systemRandom), relays: [elsewhere] }, relay.url)
  const field = ann.page.getByLabel('Have a link? Paste it here')
  await field.fill(link)
  await ann.page.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(ann.page.getByText('it does not answer from here').first()).toBeVisible()
  await expect(field).toHaveValue(link)
})
