import { NotStartedError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { AccountId, PeerId, RoomId } from '../base/ids.ts'
import { nextTask } from '../base/next-task.ts'
import type { CesEngine } from '../ces/index.ts'
import { keepOwnLog, restoreOwnLog, type OwnLogPlace } from '../chat/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Mesh, RelayState } from '../mesh/index.ts'
import {
  ForeignRelayError,
  InvalidNameError,
  type KnownRoom,
  type Peer,
  type PeerEvents,
  type PeerPlatform,
  type RoomSession,
  type StorageState,
} from '../peer.ts'
import { ownLogSeal, roomIdOf } from '../room/index.ts'
import { newRoomLink, type RoomLink } from '../room/link.ts'
import { damagedKey, type Stores } from '../storage/index.ts'
import { KnownRooms } from './known-rooms.ts'
import { OpenRoom } from './open-room.ts'

const nameKey = 'profile/name'

/** Everything that exists between start and stop. */
interface Running {
  readonly stores: Stores
  readonly identity: Identity
  readonly release: () => void
  readonly mesh: Mesh
  readonly engine: CesEngine
  readonly rooms: KnownRooms
}

/** See {@link Peer}. */
export class TesseraPeer implements Peer {
  readonly events = new Emitter<PeerEvents>()
  readonly #platform: PeerPlatform
  #running: Running | undefined
  #open: OpenRoom | undefined
  #name = ''
  #storage: StorageState = 'kept'
  /** Entering and leaving happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(platform: PeerPlatform) {
    this.#platform = platform
  }

  get account(): AccountId {
    return this.#need().identity.account
  }

  get id(): PeerId {
    return this.#need().identity.peer
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const platform = this.#platform
    const { stores, isKept } = await platform.openStores(() => this.#setStorage('lost'))
    const { identity, release } = await platform.openIdentity()
    const rooms = new KnownRooms(stores.settings, platform.clock)
    const { settings } = stores
    const [name, damage] = await Promise.all([settings.get(nameKey), settings.get(damagedKey), rooms.load()])
    this.#setStorage(!isKept ? 'memory' : damage === true ? 'damaged' : 'kept')
    this.#name = typeof name === 'string' && name !== '' ? name : defaultName(identity.account)
    const mesh = platform.createMesh(identity, () => this.#open?.session.link.relays ?? [])
    mesh.events.on('relay:changed', (change) => this.events.emit('relay:changed', change))
    this.#running = { stores, identity, release, mesh, engine: platform.createEngine(), rooms }
    await mesh.start()
  }

  async stop(): Promise<void> {
    await this.leave()
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    running.engine.stop()
    await running.mesh.stop()
    running.stores.close()
    running.release()
  }

  storageState(): StorageState {
    return this.#storage
  }

  async acknowledgeDamage(): Promise<void> {
    if (this.#storage !== 'damaged') return
    await this.#need().stores.settings.delete(damagedKey)
    this.#setStorage('kept')
  }

  #setStorage(state: StorageState): void {
    if (this.#storage === state || this.#storage === 'lost') return
    this.#storage = state
    this.events.emit('storage:changed', { state })
  }

  relayState(): RelayState {
    return this.#running?.mesh.relayState() ?? 'starting'
  }

  name(): string {
    return this.#name
  }

  async setName(name: string): Promise<void> {
    const clean = name.trim()
    const length = Array.from(clean).length
    if (length === 0 || length > 64) throw new InvalidNameError(`expected 1 to 64 characters, got ${length}`)
    await this.#need().stores.settings.set(nameKey, clean)
    this.#name = clean
    this.#open?.control.setName(clean)
    this.events.emit('name:changed', { name: clean })
  }

  rooms(): readonly KnownRoom[] {
    return this.#running?.rooms.list() ?? []
  }

  newRoom(): RoomLink {
    return newRoomLink(this.#platform.random)
  }

  enter(link: RoomLink): Promise<RoomSession> {
    return this.#inTurn(async () => {
      const running = this.#need()
      const id = roomIdOf(link)
      if (this.#open?.control.id === id) return this.#open.session
      await this.#meetingPlace(running, id, link)
      await nextTask()
      await restoreOwnLog(this.#ownLogParts(running), this.#ownLogPlace(running, id, link))
      await this.#open?.stop()
      this.#open = undefined
      await running.rooms.visited(id, link)
      this.events.emit('rooms:changed', { rooms: running.rooms.list() })
      await nextTask()
      const open = new OpenRoom(this.#platform, running, link, this.#name)
      this.#open = open
      await open.start()
      return open.session
    })
  }

  /** A new room that meets at relays of its own is empty for who cannot reach them; a known one has its history. */
  async #meetingPlace({ rooms, mesh }: Running, id: RoomId, { relays }: RoomLink): Promise<void> {
    const reaching = mesh.reachRelays(relays)
    if (relays.length === 0 || rooms.get(id) !== undefined) {
      reaching.catch(() => undefined) // the mesh goes on trying
      return
    }
    await reaching.catch((cause: unknown) => {
      void mesh.reachRelays([])
      throw new ForeignRelayError(`none of the ${relays.length} relays of this link answers`, { cause })
    })
  }

  session(): RoomSession | undefined {
    return this.#open?.session
  }

  leave(): Promise<void> {
    return this.#inTurn(async () => {
      const open = this.#open
      this.#open = undefined
      await open?.leave()
    })
  }

  async forget(room: RoomId): Promise<void> {
    const running = this.#need()
    const { rooms, stores } = running
    if (this.#open?.control.id === room) await this.leave()
    for (const file of await stores.shards.files(room)) await stores.shards.deleteFile(file.id)
    const link = rooms.get(room)?.link
    if (link !== undefined)
      await keepOwnLog(this.#ownLogParts(running), this.#ownLogPlace(running, room, link))
    await stores.logs.deleteRoom(room)
    for (const key of await stores.settings.keys(`room/${room}/`)) await stores.settings.delete(key)
    await rooms.forget(room)
    this.events.emit('rooms:changed', { rooms: rooms.list() })
  }

  #ownLogParts({ stores }: Running): Parameters<typeof keepOwnLog>[0] {
    const { random, logger } = this.#platform
    return { stores, random, logger }
  }

  #ownLogPlace({ identity }: Running, room: RoomId, link: RoomLink): OwnLogPlace {
    return { room, author: identity.account, ...ownLogSeal(link, identity.account) }
  }

  async labelRoom(room: RoomId, label: string): Promise<void> {
    const { rooms } = this.#need()
    await rooms.label(room, label)
    this.events.emit('rooms:changed', { rooms: rooms.list() })
  }

  goodbye(): void {
    this.#open?.control.goodbye()
  }

  wake(): void {
    this.#running?.mesh.wake()
    this.#open?.control.wake()
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run)
    this.#turn = result.catch(() => undefined) // the caller gets the error; the next in turn does not
    return result
  }

  #need(): Running {
    if (this.#running === undefined) throw new NotStartedError('the peer is not started')
    return this.#running
  }
}

/** A name to be seen under before one is chosen: the same on every visit, different between people. */
function defaultName(account: AccountId): string {
  return `Guest ${account.slice(0, 4)}`
}
