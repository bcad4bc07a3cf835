import * as v from 'valibot'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import type { PeerAddress } from '../mesh/index.ts'
import type { SettingsStore } from '../storage/index.ts'
import { maxKnownPeers, maxNames } from './constants.ts'

const names = v.array(v.tuple([v.string(), v.string()]))
const peers = v.array(v.object({ peer: v.string(), addresses: v.array(v.string()) }))

/** What a room remembers between visits: names last seen and peers worth trying. Rows that do not parse are passed over. */
export class RoomMemory {
  readonly #settings: SettingsStore
  readonly #room: RoomId
  readonly #names = new Map<AccountId, string>()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(settings: SettingsStore, room: RoomId) {
    this.#settings = settings
    this.#room = room
  }

  async load(): Promise<readonly PeerAddress[]> {
    const [storedNames, storedPeers] = await Promise.all([
      this.#settings.get(`room/${this.#room}/names`),
      this.#settings.get(`room/${this.#room}/peers`),
    ])
    const known = v.safeParse(names, storedNames)
    if (known.success) for (const [account, name] of known.output) this.#names.set(account as AccountId, name)
    const reached = v.safeParse(peers, storedPeers)
    if (!reached.success) return []
    return reached.output.map(({ peer, addresses }) => ({ peer: peer as PeerId, addresses }))
  }

  nameOf(account: AccountId): string | undefined {
    return this.#names.get(account)
  }

  named(account: AccountId, name: string): void {
    if (this.#names.get(account) === name) return
    this.#names.delete(account)
    this.#names.set(account, name)
    const oldest = this.#names.keys().next()
    if (this.#names.size > maxNames && oldest.done !== true) this.#names.delete(oldest.value)
    this.#write('names', [...this.#names])
  }

  reached(addresses: readonly PeerAddress[]): void {
    this.#write(
      'peers',
      addresses.slice(-maxKnownPeers).map(({ peer, addresses: list }) => ({ peer, addresses: [...list] })),
    )
  }

  /** Resolves when everything noted so far is written, or could not be: this memory is a convenience. */
  async settled(): Promise<void> {
    await this.#writing
  }

  #write(what: 'names' | 'peers', value: unknown): void {
    const key = `room/${this.#room}/${what}`
    this.#writing = this.#writing.then(() => this.#settings.set(key, value)).catch(() => undefined)
  }
}
