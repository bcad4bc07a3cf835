/**
 * Renders the PNG icons of the manifest from the drawn mark, with the browser the tests use. Run after changing
 * `src/ui/brand/mark.svg`: `npm run icons`.
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { chromium } from '@playwright/test'
import { browserFlags, findBrowser } from './browser.ts'

const out = 'public/icons'

/** `inset` is the share of the edge left free around the mark: a maskable icon may lose its outer tenth on every side. */
const icons = [
  { name: 'mark-192', size: 192, inset: 0 },
  { name: 'mark-512', size: 512, inset: 0 },
  { name: 'maskable-512', size: 512, inset: 0.12 },
] as const

const executablePath = findBrowser()
const svg = await readFile('src/ui/brand/mark.svg', 'utf8')
await mkdir(out, { recursive: true })
await copyFile('src/ui/brand/mark.svg', `${out}/mark.svg`)
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: browserFlags(),
})
const page = await browser.newPage()
for (const { name, size, inset } of icons) {
  const edge = Math.round(size * (1 - 2 * inset))
  const background = inset > 0 ? '#f7f4ee' : 'transparent'
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${background}}svg{width:${String(edge)}px;height:${String(edge)}px}</style>${svg}`,
  )
  await page.screenshot({ path: `${out}/${name}.png`, omitBackground: inset === 0 })
}
await browser.close()
