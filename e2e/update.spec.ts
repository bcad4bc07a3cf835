import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { RelayProcess } from './fixtures/relay.ts'
import { Tab } from './fixtures/tab.ts'
import { expect, test } from './fixtures/test.ts'

/** Makes another build of the app in a folder: the same program under a new build id, with a mark in its page. */
async function nextBuild(app: string, mark: string): Promise<void> {
  const page = join(app, 'index.html')
  await writeFile(
    page,
    (await readFile(page, 'utf8')).replace(/<title>[^<]*/, `$&</title><meta name="build" content="${mark}">`),
  )
  const worker = join(app, 'sw.js')
  const script = await readFile(worker, 'utf8')
  const changed = script.replace(/buildId:\s*(["'`])[0-9a-f]+\1/g, `buildId:"${mark}"`)
  if (changed === script) throw new Error('the build id was not found')
  await writeFile(worker, changed)
}

const buildOf = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.querySelector('meta[name=build]')?.getAttribute('content') ?? null)

/** The build of a page, and where its workers stand: what a failure is read by. */
const standing = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    const build = document.querySelector('meta[name=build]')?.getAttribute('content')
    return {
      build,
      active: registration?.active?.state,
      waiting: registration?.waiting?.state,
      isServed: navigator.serviceWorker.controller !== null,
      isOffered: document.body.textContent.includes('Update now'),
    }
  })

test('a new version waits, never breaks off a call, and is taken on a word with one reload', async ({
  browser,
}) => {
  const app = await mkdtemp(join(tmpdir(), 'tessera-app-'))
  await cp('dist', app, { recursive: true })
  const relay = await RelayProcess.start(app)
  const contexts = await Promise.all(
    ['Ann', 'Ben'].map(() => browser.newContext({ permissions: ['camera', 'microphone'] })),
  )
  try {
    const [ann, ben] = await Promise.all(
      contexts.map(async (context, i) => {
        const tab = new Tab(await context.newPage(), i === 0 ? 'Ann' : 'Ben')
        await tab.open(relay.url)
        return tab
      }),
    )
    if (ann === undefined || ben === undefined) throw new Error('two people came')
    const link = await ann.startRoom()
    await ben.join(link)
    await Promise.all([ann.sees('Ben'), ben.sees('Ann')])
    await ann.say('before the update')
    await ann.page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
    // The first load is not yet under the worker's control: a new build would have nothing to replace.
    await ann.page.reload()
    await ann.sees('Ben')

    await ann.page.getByRole('button', { name: 'Call Ben', exact: true }).first().click()
    await ben.page
      .getByRole('button', { name: /^Accept/ })
      .first()
      .click()
    await expect(ann.page.getByRole('button', { name: 'Hang up' })).toBeVisible()
    await nextBuild(app, 'aaaa00000001')
    await relay.kill()
    await relay.up()
    let loads = 0
    ann.page.on('load', () => (loads += 1))
    await ann.page.evaluate(async () => (await navigator.serviceWorker.ready).update())
    await expect(ann.page.getByText('It waits until the call or transfer is over')).toBeVisible()
    await expect(ann.page.getByRole('button', { name: 'Update now' })).toHaveCount(0)

    await ann.page.getByRole('button', { name: 'Hang up' }).click()
    await expect(ann.page.getByRole('button', { name: 'Update now' })).toBeVisible()
    expect(loads, 'reloads without a word').toBe(0)
    expect(await buildOf(ann.page)).toBeNull()

    await ann.page.getByRole('button', { name: 'Update now' }).click()
    await expect
      .poll(() => standing(ann.page).catch(() => undefined))
      .toMatchObject({ build: 'aaaa00000001', waiting: undefined, isServed: true })
    await ann.hears('before the update')
    await ann.sees('Ben')
    expect(loads).toBe(1)
    await expect(ann.page.getByRole('button', { name: 'Update now' })).toHaveCount(0)
  } finally {
    await Promise.all(contexts.map((context) => context.close()))
    await relay.stop()
    await rm(app, { recursive: true, force: true })
  }
})
