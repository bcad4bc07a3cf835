import * as v from 'valibot'
import { copyBytes, equalBytes, type Bytes } from '../base/bytes.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import type { PeerAddress } from '../mesh/index.ts'
import type { SettingsStore } from '../storage/index.ts'
import { maxKnownPeers, maxNames } from './constants.ts'

const names = v.array(v.tuple([v.string(), v.string()]))
const agreements = v.array(
  v.tuple([
    v.string(),
    v.pipe(
      v.instance(Uint8Array),
      v.check((key) => key.byteLength === 32),
    ),
  ]),
)
const peers = v.array(v.object({ peer: v.string(), addresses: v.array(v.string()) }))

/** What a room remembers between visits: names last seen, agreement keys, and peers worth trying. Rows that do not parse are passed over. */
export class RoomMemory {
  readonly #settings: SettingsStore
  readonly #room: RoomId
  readonly #names = new Map<AccountId, string>()
  readonly #agreements = new Map<AccountId, Bytes>()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(settings: SettingsStore, room: RoomId) {
    this.#settings = settings
    this.#room = room
  }

  async load(): Promise<readonly PeerAddress[]> {
    const [storedNames, storedKeys, storedPeers] = await Promise.all([
      this.#settings.get(`room/${this.#room}/names`),
      this.#settings.get(`room/${this.#room}/agreements`),
      this.#settings.get(`room/${this.#room}/peers`),
    ])
    const keys = v.safeParse(agreements, storedKeys)
    if (keys.success) {
      for (const [account, key] of keys.output) this.#agreements.set(account as AccountId, copyBytes(key))
    }
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
    setNewest(this.#names, account, name)
    this.#write('names', [...this.#names])
  }

  agreementOf(account: AccountId): Bytes | undefined {
    return this.#agreements.get(account)
  }

  /** What a certificate said. A person who is away, or back with an older build, can still be sealed to. */
  agreed(account: AccountId, key: Bytes): void {
    const known = this.#agreements.get(account)
    if (known !== undefined && equalBytes(known, key)) return
    setNewest(this.#agreements, account, key)
    this.#write('agreements', [...this.#agreements])
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

  #write(what: 'names' | 'agreements' | 'peers', value: unknown): void {
    const key = `room/${this.#room}/${what}`
    this.#writing = this.#writing.then(() => this.#settings.set(key, value)).catch(() => undefined)
  }
}

/** Puts an account last; over the bound the one that was put first goes. */
function setNewest<T>(map: Map<AccountId, T>, account: AccountId, value: T): void {
  map.delete(account)
  map.set(account, value)
  const oldest = map.keys().next()
  if (map.size > maxNames && oldest.done !== true) map.delete(oldest.value)
}
