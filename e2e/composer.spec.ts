import { maxTextBytes } from '../src/core/chat/constants.ts'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

const composer = (tab: Tab) => tab.page.getByTestId('composer')

test('a message over 64 KiB is told of and kept as a draft; at 64 KiB it goes', async ({ person }) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  // Two bytes each in UTF-8: the bound counts bytes, not characters.
  const full = `whole ${'é'.repeat((maxTextBytes - 6) / 2)}`
  const tooLong = ann.page.getByRole('alert').filter({ hasText: 'Too long' })
  await ann.say(`${full}!`)
  await expect(tooLong).toHaveText(/^Too long by 1 byte/)
  await expect(ann.page.getByRole('button', { name: 'Send', exact: true })).toBeDisabled()
  await expect(ann.page.getByTestId('message')).toHaveCount(0)
  await ann.page.reload()
  await expect(composer(ann)).toHaveValue(`${full}!`)
  await expect(tooLong).toHaveText(/^Too long by 1 byte/)

  await composer(ann).press('Control+End')
  await composer(ann).press('Backspace')
  await composer(ann).press('Enter')
  await ben.page.getByTestId('message').getByRole('button', { name: 'Show all' }).click()
  await ben.hears(full)
  await expect(composer(ann)).toHaveValue('')
})

test('control characters do no harm: nothing but them is told of and kept, among others they are left out', async ({
  person,
}) => {
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const ben = await person('Ben')
  await ben.join(link)
  await ben.sees('Ann')
  const only = '\u0007\u001b\u202e'
  await ann.say(only)
  await expect(ann.page.getByText('There is nothing to send yet.')).toBeVisible()
  await expect(composer(ann)).toHaveValue(only)
  await expect(ann.page.getByTestId('message')).toHaveCount(0)
  await ann.page.reload()
  await expect(composer(ann)).toHaveValue(only)

  await ann.say('pay\u0000 \u001b[31mme\u202e 001\u0007 <b>now</b>')
  await ben.hears('pay [31mme 001 <b>now</b>')
  await ann.isDelivered('pay [31mme 001 <b>now</b>')
})
