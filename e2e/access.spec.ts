import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures/test.ts'

async function violations(page: Page): Promise<string[]> {
  const result = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze()
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no accessibility violations on landing, in a room and in a call (${colorScheme})`, async ({
    person,
  }) => {
    const ann = await person('Ann')
    await ann.page.emulateMedia({ colorScheme })
    expect(await violations(ann.page)).toEqual([])
    const link = await ann.startRoom()
    expect(await violations(ann.page)).toEqual([])

    const ben = await person('Ben')
    await ben.page.emulateMedia({ colorScheme })
    await ben.join(link)
    await ben.sees('Ann')
    await ann.say('some words')
    await ann.shares({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('a small file') })
    await expect(ben.card('note.txt')).toBeVisible()
    expect(await violations(ben.page)).toEqual([])

    await ann.page.getByRole('button', { name: 'Call Ben with video' }).first().click()
    await expect(ben.page.getByRole('button', { name: 'Accept with video' })).toBeVisible()
    expect(await violations(ben.page)).toEqual([])
    await ben.page.getByRole('button', { name: 'Accept with video' }).click()
    await expect(ann.page.getByTestId('remote-video')).toBeVisible()
    expect(await violations(ann.page)).toEqual([])
  })
}

test('a room works on a phone and by keyboard alone', async ({ person }) => {
  const ann = await person('Ann')
  await ann.page.setViewportSize({ width: 390, height: 844 })
  await ann.startRoom()
  await ann.page.getByTestId('composer').focus()
  await ann.page.keyboard.type('typed')
  await ann.page.keyboard.press('Enter')
  await ann.hears('typed')
  const overflow = await ann.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect(overflow).toBeLessThanOrEqual(0)
})
