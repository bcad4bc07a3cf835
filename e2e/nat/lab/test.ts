import { chromium, expect, test as base, type Browser } from '@playwright/test'
import { browserFlags, findBrowser } from '../../../tools/browser.ts'
import { Tab } from '../../fixtures/tab.ts'
import { Networks, type Site } from './networks.ts'
import { relayUrl, Services } from './services.ts'

interface Internet {
  readonly networks: Networks
  readonly services: Services
}

/** A person at a site: their tab, and where it is. */
export interface Person {
  readonly tab: Tab
  readonly site: Site
}

/** `test` inside the lab: relay and TURN server for all, sites and browsers for each test. */
export const test = base.extend<
  { readonly networks: Networks; readonly personAt: (name: string, site: Site) => Promise<Person> },
  { readonly internet: Internet }
>({
  internet: [
    async ({}, use) => {
      const networks = await Networks.open()
      const services = await Services.start()
      await use({ networks, services })
      await services.stop()
      await networks.close()
    },
    { scope: 'worker' },
  ],
  networks: async ({ internet }, use, info) => {
    await use(internet.networks)
    internet.networks.clear()
    if (info.status !== info.expectedStatus) {
      await info.attach('coturn', { body: await internet.services.turnLog(), contentType: 'text/plain' })
    }
  },
  personAt: async ({ networks }, use, info) => {
    const browsers: Browser[] = []
    const said: string[] = []
    await use(async (name, site) => {
      const found = findBrowser()
      if (found === undefined) throw new Error('no browser was found')
      const browser = await chromium.launch({
        executablePath: await networks.browserOn(site.host, found),
        args: [...browserFlags(), `--unsafely-treat-insecure-origin-as-secure=${relayUrl}`],
      })
      browsers.push(browser)
      const context = await browser.newContext({
        permissions: ['camera', 'microphone'],
        reducedMotion: 'reduce',
      })
      context.setDefaultTimeout(20_000)
      const page = await context.newPage()
      page.on('console', (message) => said.push(`${name}: ${message.text()}`))
      page.on('pageerror', (error) => said.push(`${name}: ${String(error)}`))
      page.on('requestfailed', (request) =>
        said.push(`${name}: ${request.url()} ${request.failure()?.errorText ?? ''}`),
      )
      const tab = new Tab(page, name)
      await tab.open(relayUrl)
      return { tab, site }
    })
    await Promise.all(browsers.map((browser) => browser.close()))
    if (info.status !== info.expectedStatus)
      await info.attach('pages', { body: said.join('\n'), contentType: 'text/plain' })
  },
})

/** Both are in one room and know of each other. */
export async function meet(a: Person, b: Person): Promise<void> {
  await b.tab.join(await a.tab.startRoom())
  for (const [me, other] of [
    [a, b],
    [b, a],
  ] as const)
    await expect(me.tab.person(other.tab.name).first()).toHaveAttribute('data-path', /direct|relayed|hidden/)
}

/** One rings the other, and they see and hear each other. */
export async function call(a: Person, b: Person): Promise<void> {
  await a.tab.page.getByRole('button', { name: `Video call with ${b.tab.name}` }).click()
  await b.tab.page.getByRole('button', { name: 'Accept with video' }).click()
  for (const { tab } of [a, b]) await tab.receivesFrom(1)
}

/** Flips the room's switch. */
export async function hideAddress({ tab }: Person): Promise<void> {
  await tab.page.getByRole('button', { name: 'Settings' }).first().click()
  const box = tab.page.getByLabel('Hide my address in this room')
  await box.check()
  await expect(box).toBeChecked()
  await tab.page.keyboard.press('Escape')
}

/** The way that a person's tile of the other says media takes. */
export async function saysPath(
  of: Person,
  other: Person,
  path: 'direct' | 'relayed' | 'hidden',
): Promise<void> {
  await expect(of.tab.tile(other.tab.name).getByTestId('path')).toHaveAttribute('data-path', path)
}

export { expect }
