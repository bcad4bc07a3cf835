import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { within } from '../../src/core/base/wait.ts'
import { systemClock } from '../../src/core/base/clock.ts'
import { browserFlags, findBrowser } from '../../tools/browser.ts'

const startTimeoutMs = 60_000

/** A browser with a profile on disk that can be killed at any moment and opened again. */
export class MortalBrowser {
  readonly #executable: string
  readonly #profile: string
  #process: ChildProcess | undefined

  private constructor(executable: string, profile: string) {
    this.#executable = executable
    this.#profile = profile
  }

  static async create(): Promise<MortalBrowser> {
    const executable = findBrowser()
    if (executable === undefined) throw new Error('expected a browser: npm run ensure-browser')
    return new MortalBrowser(executable, await mkdtemp(join(tmpdir(), 'tessera-kills-')))
  }

  /** Starts the browser on its profile and gives its page. */
  async open(): Promise<Page> {
    const profile = `--user-data-dir=${this.#profile}`
    const args = [...browserFlags(), '--headless=new', '--remote-debugging-port=0', profile, 'about:blank']
    const browser = spawn(this.#executable, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = browser
    const listening = new Promise<string>((resolve, reject) => {
      let said = ''
      browser.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
        if (address !== undefined) resolve(address)
      })
      browser.once('exit', (code) => reject(new Error(`the browser ended with ${String(code)}: ${said}`)))
    })
    const address = await within(listening, 'the browser', { clock: systemClock, timeoutMs: startTimeoutMs })
    const connected = await chromium.connectOverCDP(address)
    const [context] = connected.contexts()
    const page = context?.pages()[0]
    if (page === undefined) throw new Error('the browser has no page')
    return page
  }

  /** Ends every process of the browser at once, nothing being written any more. */
  async kill(): Promise<void> {
    const browser = this.#process
    this.#process = undefined
    if (browser === undefined || browser.exitCode !== null) return
    const gone = new Promise<void>((resolve) => browser.once('exit', () => resolve()))
    browser.kill('SIGKILL')
    await gone
  }

  async remove(): Promise<void> {
    await this.kill()
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
