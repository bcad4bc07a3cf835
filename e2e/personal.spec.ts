import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from './fixtures/test.ts'

/** Name and key of each file record that a page keeps; as text, since the compiler's helpers do not exist there. */
const keptFiles = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('tessera')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const asked = opening.result.transaction('files').objectStore('files').getAll()
    asked.onsuccess = () => {
      opening.result.close()
      resolve(asked.result.map(({ own, key, state }) => ({ own, hasKey: key !== undefined, state })))
    }
  }
})`

test('a file for one person is kept by a third who sees nothing of it, and outlives its sender', async ({
  person,
  secondTab,
}) => {
  test.setTimeout(180_000)
  const ann = await person('Ann')
  const link = await ann.startRoom()
  const [ben, cleo] = [await person('Ben'), await person('Cleo')]
  for (const tab of [ben, cleo]) {
    await tab.join(link)
    await tab.sees('Ann')
  }
  await ben.sees('Cleo')
  const buffer = randomBytes(3_000_000)
  const choosing = ann.page.waitForEvent('filechooser')
  await ann.person('Ben').hover()
  await ann.person('Ben').getByRole('button', { name: 'Send files only to Ben' }).click()
  await (await choosing).setFiles({ name: 'wedding list.ods', mimeType: '', buffer })

  await ann.keepsSafe('wedding list.ods')
  await expect(ann.page.getByTestId('message').getByText('only for Ben')).toBeVisible()
  await expect(ben.page.getByTestId('message').getByText('only for you, from Ann')).toBeVisible()
  await expect(ben.card('wedding list.ods')).toBeVisible()
  await ben.keepsSafe('wedding list.ods')

  await ann.say('Did you get it?')
  await cleo.hears('Did you get it?')
  await expect(cleo.page.getByTestId('message')).toHaveCount(1)
  expect(await cleo.page.content()).not.toContain('wedding list')
  await expect
    .poll(() => cleo.page.evaluate(keptFiles))
    .toEqual([{ own: false, hasKey: false, state: 'complete' }])

  // Another tab of Ben's opens it as well, with the same key.
  const more = await secondTab(ben)
  await more.page.goto(link)
  await expect(more.card('wedding list.ods')).toBeVisible()
  await more.page.close()

  await ann.page.close()
  await expect(ben.person('Ann')).toHaveCount(0)
  await ben.chooses('wedding list.ods', 'Free space')
  await expect(ben.card('wedding list.ods')).not.toContainText('whole on this device')
  expect(await ben.downloads('wedding list.ods')).toBe(createHash('sha256').update(buffer).digest('hex'))
})
