import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './fixtures/test.ts'
import { MortalBrowser } from './fixtures/mortal-browser.ts'
import { Tab } from './fixtures/tab.ts'

/** How many pages the profile takes for open: more than this one until the log that killed ones left is in order. */
async function pagesKnown(): Promise<number> {
  const keys = await new Promise<IDBValidKey[]>((resolve, reject) => {
    const opening = indexedDB.open('tessera')
    opening.onerror = () => reject(new Error('no database'))
    opening.onsuccess = () => {
      const asking = opening.result.transaction('meta').objectStore('meta').getAllKeys()
      asking.onsuccess = () => resolve(asking.result)
      opening.result.close()
    }
  })
  return keys.filter((key) => typeof key === 'string' && key.startsWith('page/')).length
}

/** Adds a setting, as a page does that does not know of any damage. */
async function addSetting(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open('tessera')
    opening.onerror = () => reject(new Error('no database'))
    opening.onsuccess = () => {
      const writing = opening.result.transaction('settings', 'readwrite', { durability: 'strict' })
      writing.objectStore('settings').put(1, 'test')
      writing.oncomplete = () => resolve()
    }
  })
}

/** A room with one line in it, in a browser that was killed between the head and the body of a record of its log. */
async function killedRoom(relay: string): Promise<{ browser: MortalBrowser; room: string }> {
  const browser = await MortalBrowser.create()
  const tab = new Tab(await browser.open(), 'Kim')
  await tab.open(relay)
  await tab.startRoom()
  await tab.say('hello')
  await tab.hears('hello')
  const room = tab.page.url()
  await browser.kill()
  const folder = await browser.databases()
  const log =
    (await readdir(folder))
      .filter((name) => name.endsWith('.log'))
      .toSorted()
      .at(-1) ?? ''
  // Checksum, a length of 200 and "whole record" (LevelDB's log format): the bytes that belong to it never came.
  await appendFile(join(folder, log), Buffer.from([1, 2, 3, 4, 200, 0, 1]))
  return { browser, room }
}

test('ST-11 a browser that was killed between the head and the body of a record keeps everything', async ({
  relay,
}) => {
  const { browser, room } = await killedRoom(relay.url)
  try {
    for (const start of ['the second', 'the third']) {
      const tab = new Tab(await browser.open(), 'Kim')
      await tab.page.goto(room)
      await expect(tab.message('hello'), start).toBeVisible()
      await tab.say(`said at ${start}`)
      await tab.hears(`said at ${start}`)
      await expect.poll(() => tab.page.evaluate(pagesKnown), start).toBe(1)
      await browser.kill()
    }
  } finally {
    await browser.remove()
  }
})

test('ST-12 what the browser found damaged and removed is told in words, until the person knows', async ({
  relay,
}) => {
  const { browser, room } = await killedRoom(relay.url)
  try {
    const bare = await browser.open()
    await bare.goto(`${relay.url}/relay.json`)
    await bare.evaluate(addSetting)
    await browser.kill()

    const tab = new Tab(await browser.open(), 'Kim')
    await tab.page.goto(room)
    const bar = tab.page.getByTestId('storage-bar')
    await expect(bar).toContainText('found what it had stored for this site damaged')
    await tab.page.reload()
    await bar.getByRole('button', { name: 'Got it' }).click()
    await expect(bar).toBeHidden()
    await tab.page.reload()
    await expect(tab.page.getByRole('button', { name: 'Start a room' })).toBeVisible()
    await expect(bar).toBeHidden()
  } finally {
    await browser.remove()
  }
})
