import { createHash, randomBytes } from 'node:crypto'
import type { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

test('in a room of six the sharer and two holders leave: a newcomer gets the file, and repair makes it whole again', async ({
  person,
}) => {
  test.setTimeout(300_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const others: Tab[] = []
  for (const name of ['Ben', 'Cleo', 'Dora', 'Eli', 'Finn']) {
    const tab = await person(name)
    await tab.join(link)
    await tab.sees('Ann')
    others.push(tab)
  }
  for (const name of ['Ben', 'Cleo', 'Dora', 'Eli', 'Finn']) await ann.sees(name)
  const file = { name: 'kept.bin', mimeType: 'application/octet-stream', buffer: randomBytes(3_000_000) }
  await ann.shares(file)
  await ann.keepsSafe(file.name)
  await expect(ann.card(file.name).getByRole('img')).toHaveAttribute('aria-label', /^5 of 5 shards/)

  const [ben, cleo, ...left] = others
  for (const tab of [ann, ben, cleo]) await tab?.page.close()
  const grace = await person('Grace')
  await grace.join(link)
  await Promise.all(['Dora', 'Eli', 'Finn'].map((name) => grace.sees(name)))
  expect(await grace.downloads(file.name)).toBe(createHash('sha256').update(file.buffer).digest('hex'))
  for (const tab of left) {
    const mosaic = tab.card(file.name).getByRole('img')
    await expect(mosaic).toHaveAttribute('aria-label', /^5 of 5 shards held by/, { timeout: 90_000 })
  }
})
