import { describe, expect, it } from 'vitest'
import { ChatHouse, heardBy, rowOf, say, seededRandom, textsOf, type Tab } from './testing/chat-house.ts'

const steps = 60
const seeds = Array.from({ length: 12 }, (_, i) => 1_000 + i)

/** Links of the house as pairs, cut and made at random; gossip that is lost now and then; tabs that reload. */
class Weather {
  readonly house = new ChatHouse()
  readonly acknowledged: string[] = []
  readonly #random: () => number
  readonly #cut = new Set<string>()
  #said = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  #pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.#random() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  async open(seed: number, slot: number, stores?: Tab['stores']): Promise<Tab> {
    const tab = await this.house.open(seed, { slot, ...(stores === undefined ? {} : { stores }) })
    const hear = tab.room.mesh.hear.bind(tab.room.mesh)
    tab.room.mesh.hear = (...args) => {
      const luck = this.#random()
      if (luck < 0.15) return // lost
      hear(...args)
      if (luck > 0.9) hear(...args) // twice
    }
    return tab
  }

  async step(): Promise<void> {
    const { tabs, rooms, clock } = this.house
    const luck = this.#random()
    const a = this.#pick(tabs)
    const b = this.#pick(tabs)
    if (luck < 0.45) await this.#say(a)
    else if (luck < 0.65 && a !== b) {
      const pair = [a.name, b.name].sort().join('|')
      if (this.#cut.delete(pair)) await rooms.rejoin(a.room, b.room)
      else {
        this.#cut.add(pair)
        rooms.part(a.room, b.room)
      }
    } else if (luck < 0.72) await this.#reload(a)
    else await clock.advance(Math.floor(this.#random() * 2_500))
  }

  async #say(tab: Tab): Promise<void> {
    const text = `${tab.name} #${String(this.#said++)}`
    const burst = [text, ...(this.#random() < 0.2 ? [`${text} again`, `${text} and again`] : [])]
    await Promise.all(
      burst.map(async (it) => {
        await say(tab, it)
        this.acknowledged.push(it)
      }),
    )
  }

  async #reload(tab: Tab): Promise<void> {
    const [seed, slot] = tab.name.split('.').map(Number)
    await this.house.close(tab)
    for (const pair of [...this.#cut]) if (pair.split('|').includes(tab.name)) this.#cut.delete(pair)
    await this.open(seed ?? 0, slot ?? 0, tab.stores)
  }

  /** Every link is made again, and time passes: two periodic rounds. */
  async heal(): Promise<void> {
    const { tabs, rooms } = this.house
    for (const [i, a] of tabs.entries()) {
      for (const b of tabs.slice(i + 1))
        if (a.room.member(b.room.self.peer) === undefined) await rooms.rejoin(a.room, b.room)
    }
    await this.house.clock.advance(75_000)
  }
}

describe('any weather', () => {
  it.each(seeds)('CH-12 ends in equal timelines with nothing acknowledged lost (seed %i)', async (seed) => {
    const weather = new Weather(seed)
    const { house } = weather
    const size = 3 + (seed % 6)
    let shared: Tab | undefined
    for (let i = 1; i <= size; i++) {
      const tab = await weather.open(i, 0)
      shared ??= tab
    }
    // One person has two tabs over one store.
    await weather.open(1, 1, shared?.stores)
    for (let i = 0; i < steps; i++) await weather.step()
    await weather.heal()
    const [first] = house.tabs
    if (first === undefined) throw new Error('no tabs')
    const texts = textsOf(first.chat)
    for (const tab of house.tabs) {
      expect(textsOf(tab.chat), `seed ${String(seed)}, tab ${tab.name}`).toEqual(texts)
      expect(heardBy(tab, 'chat:forked')).toEqual([])
    }
    expect([...texts].sort(), `seed ${String(seed)}`).toEqual([...weather.acknowledged].sort())
    for (const text of texts) {
      const tab = house.tabs.find((it) => rowOf(it.chat, text).own)
      expect(tab && rowOf(tab.chat, text).state, `seed ${String(seed)}: ${text}`).toBe('delivered')
    }
    await house.stop()
  })
})
