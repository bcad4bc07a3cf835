import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from '@playwright/test'
import { browserFlags, findBrowser } from '../../tools/browser.ts'
import type { BenchPage } from '../page/api.ts'

/** Nothing in a bench takes this long; a hang ends here. */
const callTimeoutMs = 900_000

/** One browser of its own with one bench page: own processes and its own profile on disk. */
export class BenchTab {
  readonly page: Page
  readonly #context: BrowserContext
  readonly #profile: string

  private constructor(page: Page, context: BrowserContext, profile: string) {
    this.page = page
    this.#context = context
    this.#profile = profile
  }

  /** @param executablePath another program to start as the browser */
  static async open(
    url: string,
    options: { readonly executablePath?: string; readonly flags?: readonly string[] } = {},
  ): Promise<BenchTab> {
    const profile = await mkdtemp(join(tmpdir(), 'tessera-profile-'))
    const executablePath = options.executablePath ?? findBrowser()
    const context = await chromium.launchPersistentContext(profile, {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [...browserFlags(), ...(options.flags ?? [])],
    })
    const page = context.pages()[0] ?? (await context.newPage())
    page.setDefaultTimeout(callTimeoutMs)
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`page: ${message.text()}`)
    })
    page.on('pageerror', (error) => console.error(`page: ${error.stack ?? error.message}`))
    await page.goto(url)
    await page.waitForFunction(() => 'bench' in window)
    return new BenchTab(page, context, profile)
  }

  /** Calls a verb of the page. */
  async call<K extends keyof BenchPage>(
    verb: K,
    ...args: Parameters<BenchPage[K]>
  ): Promise<Awaited<ReturnType<BenchPage[K]>>> {
    const result = await this.page.evaluate(
      ([name, values]) => {
        const { bench } = window as unknown as { bench: Record<string, (...all: unknown[]) => unknown> }
        return bench[name]?.(...values)
      },
      [verb as string, args as unknown[]] as const,
    )
    return result as Awaited<ReturnType<BenchPage[K]>>
  }

  /** Process ids of its browser's renderers: the page with its workers, and a spare one at times. */
  async rendererPids(): Promise<readonly number[]> {
    const browser = this.#context.browser()
    if (browser === null) throw new Error('the browser is closed')
    const session = await browser.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    await session.detach()
    return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id)
  }

  async close(): Promise<void> {
    await this.#context.close()
    await rm(this.#profile, { recursive: true, force: true })
  }
}

/** Joins two pages by a raw channel. */
export async function joinRaw(a: BenchTab, b: BenchTab): Promise<void> {
  const offer = await a.call('rawOffer')
  await a.call('rawAccept', await b.call('rawAnswer', offer))
}
