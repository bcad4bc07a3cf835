/** Takes the pictures of the README from the built app behind the real relay: `npm run build && npm run screenshots`. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { chromium } from '@playwright/test'
import { RelayProcess } from '../e2e/fixtures/relay.ts'
import { Tab } from '../e2e/fixtures/tab.ts'
import { browserFlags, findBrowser } from '../tools/browser.ts'

const out = 'docs/images'
const executablePath = findBrowser()
const wide = { width: 1280, height: 760 }

await mkdir(out, { recursive: true })
const relay = await RelayProcess.start()
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: browserFlags(),
})

async function person(name: string): Promise<Tab> {
  const context = await browser.newContext({ viewport: wide, reducedMotion: 'reduce', colorScheme: 'light' })
  const tab = new Tab(await context.newPage(), name)
  await tab.open(relay.url)
  return tab
}

try {
  const ann = await person('Ann')
  await ann.page.screenshot({ path: `${out}/landing.png` })
  const link = await ann.startRoom()
  const [ben, cleo] = [await person('Ben'), await person('Cleo')]
  for (const tab of [ben, cleo]) {
    await tab.join(link)
    await tab.sees('Ann')
  }
  await ben.sees('Cleo')
  await ann.say('The plan for the courtyard is ready. I put it here so you have it when I am gone.')
  await ann.shares({ name: 'Courtyard mosaic.tif', mimeType: 'image/tiff', buffer: randomBytes(9_400_000) })
  await ann.card('Courtyard').getByText('safe to close').waitFor()
  await ben.say('Lovely. Which blue is that in the third row?')
  await ann.hears('Which blue')
  await cleo.say('Lapis, from the old house.')
  await ann.hears('Lapis')
  await ann.isDelivered('The plan for the courtyard')
  await ann.page
    .getByRole('button', { name: 'Dismiss' })
    .click({ timeout: 1_000 })
    .catch(() => undefined) // a toast, if any
  await ann.page.screenshot({ path: `${out}/room.png` })

  await cleo.page.setViewportSize({ width: 390, height: 844 })
  await cleo.page.emulateMedia({ colorScheme: 'dark' })
  await cleo.page.screenshot({ path: `${out}/phone.png` })

  await ann.page.getByRole('button', { name: 'Call Ben with video' }).first().click()
  await ben.page.getByRole('button', { name: 'Accept with video' }).click()
  await ann.page.getByTestId('remote-video').waitFor()
  await ann.page.waitForFunction(
    '[...document.querySelectorAll("video")].every((video) => video.videoWidth > 0)',
  )
  await ann.page.screenshot({ path: `${out}/call.png` })
} finally {
  await browser.close()
  await relay.stop()
}
