import { expect, test } from './fixtures/test.ts'

test('the relay dies and comes back: talk goes on, newcomers get in, nobody clicks', async ({
  person,
  relay,
}) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await Promise.all([ann.sees('Ben'), ben.sees('Ann')])

  await relay.kill()
  await expect(ann.page.getByTestId('relay-state')).toContainText('No relay')
  await ann.say('still here')
  await ben.hears('still here')
  await ann.isDelivered('still here')

  await relay.up()
  await expect(ann.page.getByTestId('relay-state')).toContainText('Connected')
  const cleo = await person('Cleo')
  await cleo.join(link)
  await cleo.sees('Ann')
  await cleo.sees('Ben')
  await cleo.hears('still here')
})

test('the app opens with no relay, says so, and connects by itself later', async ({ person, relay }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  await ann.say('kept on this device')
  await ann.page.evaluate(() => navigator.serviceWorker.ready)
  await ann.page.reload()
  await ann.hears('kept on this device')

  await relay.kill()
  await ann.page.reload()
  await ann.hears('kept on this device')
  await expect(ann.page.getByTestId('relay-state')).toContainText('Offline')

  await relay.up()
  await expect(ann.page.getByTestId('relay-state')).toContainText('Connected', { timeout: 45_000 })
  const ben = await person('Ben')
  await ben.join(link)
  await ben.hears('kept on this device')
})
