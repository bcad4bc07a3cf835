import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import CDP from 'chrome-remote-interface'
import { browserFlags, findBrowser } from '../tools/browser.ts'

/** A page in a profile of its own. */
export interface PlainPage {
  /** Waits for what an expression gives in the page, a promise's value included. */
  ask(expression: string): Promise<unknown>
  /** Closes the page and forgets its profile. */
  close(): Promise<void>
}

/**
 * A browser that is told what to open and watched no further. Playwright is told of every request and every WebSocket frame, which on two cores
 * takes a quarter of the time that a join is measured to take; nobody who opens a link has that.
 */
export class PlainBrowser {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #client: CDP.Client

  private constructor(process: ChildProcess, profile: string, client: CDP.Client) {
    this.#process = process
    this.#profile = profile
    this.#client = client
  }

  static async launch(): Promise<PlainBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'tessera-browser-'))
    const flags = [
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      ...browserFlags(),
    ]
    const child = spawn(findBrowser() ?? chromium.executablePath(), [...flags, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const address = await new Promise<string>((resolve, reject) => {
      let output = ''
      child.stderr.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        const found = /ws:\/\/\S+/.exec(output)?.[0]
        if (found !== undefined) resolve(found)
      })
      child.once('exit', (code) => reject(new Error(`the browser ended with ${String(code)}: ${output}`)))
    })
    return new PlainBrowser(child, profile, await CDP({ target: address, local: true }))
  }

  /**
   * Opens an address in a fresh profile.
   *
   * @param script runs in the page before any of its own
   * @param settleMs how long the new, empty page rests before it goes to the address
   */
  async open(url: string, { script, settleMs }: { script: string; settleMs: number }): Promise<PlainPage> {
    const client = this.#client
    const { browserContextId } = await client.send('Target.createBrowserContext')
    const { targetId } = await client.send('Target.createTarget', { url: 'about:blank', browserContextId })
    const { sessionId } = await client.send('Target.attachToTarget', { targetId, flatten: true })
    await client.send('Page.enable', undefined, sessionId)
    await client.send('Page.addScriptToEvaluateOnNewDocument', { source: script }, sessionId)
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    await client.send('Page.navigate', { url }, sessionId)
    return {
      async ask(expression) {
        const question = { expression, awaitPromise: true, returnByValue: true }
        const { result, exceptionDetails } = await client.send('Runtime.evaluate', question, sessionId)
        if (exceptionDetails !== undefined)
          throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
        return result.value as unknown
      },
      close: () => client.send('Target.disposeBrowserContext', { browserContextId }),
    }
  }

  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#process.once('exit', () => resolve()))
    await this.#client.send('Browser.close')
    await gone
    await rm(this.#profile, { recursive: true, force: true })
  }
}
