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
  /** The same, as if a person had just pressed something: a page may play sound then. */
  act(expression: string): Promise<unknown>
  /** Bytes of the page's heap that are in use once everything that can be collected was: script objects and what they own. */
  heapBytes(): Promise<number>
  /** Puts its window away, or back. A page whose window is away is hidden, as a tab is behind another. */
  setMinimized(isMinimized: boolean): Promise<void>
  /** Closes the page and forgets its profile. */
  close(): Promise<void>
}

interface PlainPageInit {
  readonly script: string
  readonly settleMs: number
  readonly size?: { readonly width: number; readonly height: number }
}

/** What `Runtime.getHeapUsage` gives; the parts outside of the script engine are not in older browsers. */
interface HeapUsage {
  readonly usedSize: number
  readonly embedderHeapUsedSize?: number
  readonly backingStorageSize?: number
}

/**
 * A page in a call always has something in hand: in Chromium 156 what is left of the engine's own objects varies by half a megabyte from one collection to
 * the next, while script objects stay the same. The least of so many is what stays.
 */
const collections = 8

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

  /** The browser's first process: all others descend from it. */
  get pid(): number {
    return this.#process.pid ?? 0
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
   * @param size of its window in CSS pixels; the browser's own choice when not given
   */
  async open(url: string, { script, settleMs, size }: PlainPageInit): Promise<PlainPage> {
    const client = this.#client
    const { browserContextId } = await client.send('Target.createBrowserContext')
    const target = { url: 'about:blank', browserContextId, ...size }
    const { targetId } = await client.send('Target.createTarget', target)
    const { sessionId } = await client.send('Target.attachToTarget', { targetId, flatten: true })
    await client.send('Page.enable', undefined, sessionId)
    await client.send('Page.addScriptToEvaluateOnNewDocument', { source: script }, sessionId)
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    await client.send('Page.navigate', { url }, sessionId)
    const evaluate = async (expression: string, userGesture: boolean): Promise<unknown> => {
      const question = { expression, awaitPromise: true, returnByValue: true, userGesture }
      const { result, exceptionDetails } = await client.send('Runtime.evaluate', question, sessionId)
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value as unknown
    }
    return {
      ask: (expression) => evaluate(expression, false),
      act: (expression) => evaluate(expression, true),
      async heapBytes() {
        let least = Infinity
        for (let i = 0; i < collections; i++) {
          await client.send('HeapProfiler.collectGarbage', undefined, sessionId)
          const usage = await client.send('Runtime.getHeapUsage', undefined, sessionId)
          const { usedSize, embedderHeapUsedSize, backingStorageSize } = usage as HeapUsage
          least = Math.min(least, usedSize + (embedderHeapUsedSize ?? 0) + (backingStorageSize ?? 0))
        }
        return least
      },
      async setMinimized(isMinimized) {
        const { windowId } = await client.send('Browser.getWindowForTarget', { targetId })
        const windowState = isMinimized ? 'minimized' : 'normal'
        await client.send('Browser.setWindowBounds', { windowId, bounds: { windowState } })
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
