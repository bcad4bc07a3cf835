import { readFileSync } from 'node:fs'
import { RelayProcess } from '../../e2e/fixtures/relay.ts'
import { systemRandom } from '../../src/core/base/clock.ts'
import { encodeRoomLink, newRoomLink } from '../../src/core/room/link.ts'
import { PlainBrowser, type PlainPage } from '../plain-browser.ts'

const script = readFileSync(new URL('./probe.js', import.meta.url), 'utf8')
const windowSize = { width: 1280, height: 800 }
/** The browser starts the process of a new page meanwhile. */
const settleMs = 500

/** What came in on one page so far. */
export interface Received {
  readonly atMs: number
  readonly links: readonly {
    readonly id: number
    readonly packets: number
    readonly lost: number
    /** Samples of sound that were played, and those of them that had to be made up where there was sound. */
    readonly samples: number
    readonly filled: number
    readonly frames: number
  }[]
  readonly tiles: readonly { readonly isVisible: boolean; readonly frames: number; readonly height: number }[]
}

/** One person at a page of their own; the verbs are in probe.js. */
export class Person {
  readonly name: string
  readonly #page: PlainPage
  #isHidden = false

  constructor(name: string, page: PlainPage) {
    this.name = name
    this.#page = page
  }

  async press(label: string): Promise<void> {
    await this.#page.act(`callProbe.press(${JSON.stringify(label)})`)
  }

  async has(selector: string): Promise<void> {
    await this.#page.ask(`callProbe.has(${JSON.stringify(selector)})`)
  }

  async introduce(): Promise<void> {
    await this.#page.act(`callProbe.introduce(${JSON.stringify(this.name)})`)
  }

  /** Waits until so many others are linked. Throws when the window is not as it should be: pictures are drawn in visible ones only. */
  async sees(others: number): Promise<void> {
    const visibility = await this.#page.ask(`callProbe.sees(${String(others)})`)
    if (visibility !== (this.#isHidden ? 'hidden' : 'visible'))
      throw new Error(`the window of ${this.name} is ${String(visibility)}`)
  }

  async isIdle(): Promise<void> {
    await this.#page.ask('callProbe.isIdle()')
  }

  /** Presses a button and waits for so many pictures of others; `pressedAt` in ms since the epoch. */
  async pressAndSee(label: string, count: number): Promise<{ pressedAt: number; ms: number }> {
    const question = `callProbe.pressAndSee(${JSON.stringify(label)}, ${String(count)})`
    return (await this.#page.act(question)) as { pressedAt: number; ms: number }
  }

  /** From now on watches for so many pictures of others; the returned function waits for them, in ms since the epoch. */
  async watch(count: number): Promise<() => Promise<number>> {
    await this.#page.ask(`callProbe.watch(${String(count)})`)
    return async () => Number(await this.#page.ask('callProbe.result'))
  }

  async barePair(): Promise<number> {
    return Number(await this.#page.act('callProbe.barePair()'))
  }

  async received(): Promise<Received> {
    return (await this.#page.ask('callProbe.received()')) as Received
  }

  async adapt(isOn: boolean): Promise<void> {
    await this.#page.ask(`callProbe.adapt(${String(isOn)})`)
  }

  /** Hides the page as behind another tab of the window, or shows it. */
  async setHidden(isHidden: boolean): Promise<void> {
    await this.#page.setMinimized(isHidden)
    this.#isHidden = isHidden
  }

  async connections(): Promise<{ open: number; held: number }> {
    return (await this.#page.ask('callProbe.connections()')) as { open: number; held: number }
  }

  heapBytes(): Promise<number> {
    return this.#page.heapBytes()
  }

  /** Rings another, the only one in the room; resolves when it rings there. */
  async ring(callee: Person): Promise<void> {
    await this.press(`Call ${callee.name} with video`)
    await callee.has('button[aria-label="Accept with video"]')
  }

  /** Begins the room's call or joins it, by the preview; resolves when so many others are seen. */
  async joinCall(label: 'Start a call in this room' | 'Join the call', others: number): Promise<number> {
    await this.press(label)
    await this.has('[data-testid=preview-video]')
    if (others > 0) return (await this.pressAndSee('Join now', others)).ms
    await this.press('Join now')
    await this.has('[data-testid=self-video]')
    return 0
  }

  /** Hangs up and puts the last word away. */
  async hangUp(): Promise<void> {
    await this.press('Hang up')
    await this.press('Close')
    await this.isIdle()
  }
}

/** People in one room, each with a window and a profile of their own in one browser, behind the built relay. */
export class PeopleInRoom {
  readonly people: Person[] = []
  readonly #relay: RelayProcess
  readonly #browser: PlainBrowser
  readonly #link: string

  private constructor(relay: RelayProcess, browser: PlainBrowser) {
    this.#relay = relay
    this.#browser = browser
    this.#link = encodeRoomLink(newRoomLink(systemRandom), relay.url)
  }

  static async open(count: number): Promise<PeopleInRoom> {
    const relay = await RelayProcess.start()
    const browser = await PlainBrowser.launch()
    const room = new PeopleInRoom(relay, browser)
    try {
      for (let i = 0; i < count; i++) await room.add()
      return room
    } catch (error) {
      await room.close()
      throw error
    }
  }

  /** First process of the browser. */
  get pid(): number {
    return this.#browser.pid
  }

  /** One more, linked to everyone. */
  async add(): Promise<Person> {
    const page = await this.#browser.open(this.#link, { script, settleMs, size: windowSize })
    const person = new Person(`Person ${String(this.people.length + 1)}`, page)
    this.people.push(person)
    await person.introduce()
    for (const one of this.people) await one.sees(this.people.length - 1)
    return person
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.#relay.stop()
  }
}
