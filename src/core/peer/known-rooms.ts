import type { Clock } from '../base/clock.ts'
import type { RoomId } from '../base/ids.ts'
import { byteString, text, uint } from '../base/wire/cbor.ts'
import type { KnownRoom } from '../peer.ts'
import type { RoomLink } from '../room/link.ts'
import type { SettingsStore } from '../storage/index.ts'
import * as v from 'valibot'

const prefix = 'rooms/'

/** Rooms kept; the least recently visited one goes first. A list this long is past any use. */
const maxRooms = 200

const stored = v.object({
  secret: byteString(16),
  relays: v.pipe(v.array(text(256)), v.maxLength(4)),
  label: v.optional(text(64)),
  lastVisitAt: uint(),
})

/** The rooms this profile has been in, newest visit first; kept in memory, written through to settings. */
export class KnownRooms {
  readonly #settings: SettingsStore
  readonly #clock: Clock
  #rooms: readonly KnownRoom[] = []

  constructor(settings: SettingsStore, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** Reads what is kept; a row that does not parse is passed over, not removed. */
  async load(): Promise<void> {
    const keys = await this.#settings.keys(prefix)
    const rows = await Promise.all(keys.map(async (key) => this.#parse(key, await this.#settings.get(key))))
    this.#rooms = rows.filter((row) => row !== undefined).sort((a, b) => b.lastVisitAt - a.lastVisitAt)
  }

  #parse(key: string, value: unknown): KnownRoom | undefined {
    const result = v.safeParse(stored, value)
    if (!result.success) return undefined
    const { secret, relays, label, lastVisitAt } = result.output
    const id = key.slice(prefix.length) as RoomId // keys are written by this class only
    return { id, link: { secret, relays }, label, lastVisitAt }
  }

  list(): readonly KnownRoom[] {
    return this.#rooms
  }

  get(id: RoomId): KnownRoom | undefined {
    return this.#rooms.find((room) => room.id === id)
  }

  /** Notes a visit now, keeping the label. */
  async visited(id: RoomId, link: RoomLink): Promise<void> {
    await this.#put({ id, link, label: this.get(id)?.label, lastVisitAt: this.#clock.now() })
    for (const old of this.#rooms.slice(maxRooms)) await this.forget(old.id)
  }

  async label(id: RoomId, label: string): Promise<void> {
    const room = this.get(id)
    if (room === undefined) return
    const clean = label.trim().slice(0, 64)
    await this.#put({ ...room, label: clean === '' ? undefined : clean })
  }

  async forget(id: RoomId): Promise<void> {
    await this.#settings.delete(prefix + id)
    this.#rooms = this.#rooms.filter((room) => room.id !== id)
  }

  async #put(room: KnownRoom): Promise<void> {
    const { id, link, label, lastVisitAt } = room
    await this.#settings.set(prefix + id, {
      secret: link.secret,
      relays: [...link.relays],
      ...(label === undefined ? {} : { label }),
      lastVisitAt,
    })
    this.#rooms = [room, ...this.#rooms.filter((other) => other.id !== id)].sort(
      (a, b) => b.lastVisitAt - a.lastVisitAt,
    )
  }
}
