import { silent } from '../../base/logger.ts'
import { ManualClock, settle } from '../../base/testing/manual-clock.ts'
import type { RandomBytes } from '../../base/clock.ts'
import type { RoomId } from '../../base/ids.ts'
import { createVerifier, type Identity } from '../../identity/index.ts'
import { testIdentity } from '../../identity/testing/test-identity.ts'
import { LoopbackRooms, type LoopbackRoom } from '../../room/testing/loopback-room.ts'
import { createMemoryStorage, type LogStore, type Stores } from '../../storage/index.ts'
import { createChat, type Chat, type ChatEvents, type TimelineEntry } from '../index.ts'

export const houseRoom = 'AAAAAAAAAAAAAAAAAAAAAA' as RoomId

/** One tab with a chat, and what its events said. */
export interface Tab {
  readonly name: string
  readonly identity: Identity
  readonly stores: Stores
  readonly room: LoopbackRoom
  readonly chat: Chat
  readonly heard: { readonly name: keyof ChatEvents; readonly payload: unknown }[]
}

/** A small fixed generator (mulberry32) so that a run can be had again from its seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Tabs with real chats in a loopback room, on one clock that moves by hand. */
export class ChatHouse {
  readonly clock = new ManualClock()
  readonly rooms = new LoopbackRooms(houseRoom)
  readonly verify = createVerifier()
  readonly tabs: Tab[] = []
  readonly #random = seededRandom(7)

  readonly random: RandomBytes = (length) =>
    Uint8Array.from({ length }, () => Math.floor(this.#random() * 256))

  /**
   * Opens a tab and starts its chat.
   *
   * @param seed the account; tabs of one seed are one person
   */
  async open(
    seed: number,
    options: { slot?: number; stores?: Stores; logs?: LogStore; isStarted?: boolean } = {},
  ): Promise<Tab> {
    const { slot = 0, stores = createMemoryStorage(), isStarted = true } = options
    const identity = await testIdentity(seed, slot)
    const name = `${String(seed)}.${String(slot)}`
    const room = await this.rooms.join(name, identity.account)
    const chat = createChat({
      room,
      logs: options.logs ?? stores.logs,
      identity,
      verify: this.verify,
      clock: this.clock,
      random: this.random,
      logger: silent,
    })
    const tab: Tab = { name, identity, stores, room, chat, heard: [] }
    for (const event of eventNames) {
      chat.events.on(event, (payload) => void tab.heard.push({ name: event, payload }))
    }
    this.tabs.push(tab)
    if (isStarted) await chat.start()
    return tab
  }

  /** Closes a tab as its page goes away. */
  async close(tab: Tab): Promise<void> {
    await tab.chat.stop()
    await this.rooms.leave(tab.room)
    this.tabs.splice(this.tabs.indexOf(tab), 1)
  }

  async stop(): Promise<void> {
    for (const tab of [...this.tabs]) await this.close(tab)
  }

  /** Lets everything that needs no time happen, then gives receipts time to go round. */
  async calm(ms = 1_000): Promise<void> {
    await settle(8)
    await this.clock.advance(ms)
    await settle(8)
  }

  /** Turns the event loop, moving the clock by `stepMs` a turn, until `isTrue`; throws after `turns`. */
  async until(
    isTrue: () => boolean,
    what: string,
    options: { turns?: number; stepMs?: number } = {},
  ): Promise<void> {
    const { turns = 2_000, stepMs = 0 } = options
    for (let i = 0; i < turns; i++) {
      if (isTrue()) return
      if (stepMs > 0) await this.clock.advance(stepMs)
      else await settle(1)
    }
    throw new Error(`did not happen: ${what}`)
  }
}

const eventNames = [
  'chat:appended',
  'chat:changed',
  'chat:flooded',
  'chat:forked',
  'chat:outdated',
  'chat:unkept',
] as const satisfies readonly (keyof ChatEvents)[]

/** Texts of a timeline in order; other kinds by their kind. */
export function textsOf(chat: Chat): string[] {
  return chat.timeline().map(({ body }) => (body.kind === 'text' ? body.text : `<${body.kind}>`))
}

/** The row with this text; throws when there is none, or more than one. */
export function rowOf(chat: Chat, text: string): TimelineEntry {
  const rows = chat.timeline().filter(({ body }) => body.kind === 'text' && body.text === text)
  const [row] = rows
  if (row === undefined || rows.length > 1) throw new Error(`${String(rows.length)} rows say ${text}`)
  return row
}

export function say(tab: Tab, text: string): Promise<unknown> {
  return tab.chat.send({ kind: 'text', text })
}

/** Payloads of one event, in order. */
export function heardBy<K extends keyof ChatEvents>(tab: Tab, name: K): ChatEvents[K][] {
  return tab.heard.filter((it) => it.name === name).map(({ payload }) => payload as ChatEvents[K])
}
