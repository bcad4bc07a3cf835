import { Emitter } from '../../core/base/events.ts'
import { TesseraError } from '../../core/base/errors.ts'
import type { AccountId, PeerId, RoomId } from '../../core/base/ids.ts'
import type { RelayState } from '../../core/mesh/index.ts'
import type { KnownRoom, Peer, PeerEvents, RoomSession, StorageState } from '../../core/peer.ts'
import type { RoomLink } from '../../core/room/link.ts'
import type { RoomLinks } from '../shell-ports.ts'
import { FakeCalls, FakeStreams } from './fake-calls.ts'
import { FakeChat } from './fake-chat.ts'
import { FakeFiles } from './fake-files.ts'
import { FakeRoom } from './fake-room.ts'
import { FakeServer } from './fake-server.ts'

class InvalidNameError extends TesseraError {
  override name = 'InvalidNameError'
}

/** The one room of a fake peer, with every part open to the test. */
export interface FakeSession extends RoomSession {
  readonly room: FakeRoom
  readonly chat: FakeChat
  readonly files: FakeFiles
  readonly calls: FakeCalls
}

/** A peer without a mesh, for component tests and the preview page: what happens is what the test says. */
export class FakePeer implements Peer {
  readonly events = new Emitter<PeerEvents>()
  readonly account = 'account-of-mine' as AccountId
  readonly id = 'tab of account-of-mine' as PeerId
  readonly streams = new FakeStreams()
  readonly server = new FakeServer()
  readonly open: FakeSession
  readonly forgotten: RoomId[] = []
  #relay: RelayState = 'online'
  #storage: StorageState = 'kept'
  #name = 'Mara'
  #rooms: readonly KnownRoom[] = []
  #isIn = false
  /** Set to make start or enter wait or fail. */
  onStart: () => Promise<void> = async () => undefined
  onEnter: () => Promise<void> = async () => undefined

  constructor(now: () => number = () => Date.now()) {
    const link: RoomLink = { secret: new Uint8Array(16).fill(7), relays: [] }
    const calls = new FakeCalls()
    this.open = {
      link,
      room: new FakeRoom('q7Wm3kZr9LxTfB2vYh8sDA' as RoomId, this.account, () => this.#name),
      chat: new FakeChat(this.account, now),
      files: new FakeFiles(),
      calls,
      setRelayOnly: (on) => calls.setRelayOnly(on),
    }
  }

  async start(): Promise<void> {
    await this.onStart()
  }
  async stop(): Promise<void> {
    return undefined
  }
  relayState(): RelayState {
    return this.#relay
  }
  storageState(): StorageState {
    return this.#storage
  }
  /** The browser gives no storage, or takes it away. */
  setStorage(state: StorageState): void {
    this.#storage = state
    this.events.emit('storage:changed', { state })
  }
  async acknowledgeDamage(): Promise<void> {
    this.setStorage('kept')
  }
  name(): string {
    return this.#name
  }
  async setName(name: string): Promise<void> {
    const trimmed = name.trim()
    if (trimmed === '' || trimmed.length > 64) throw new InvalidNameError('expected 1 to 64 characters')
    this.#name = trimmed
    this.events.emit('name:changed', { name: trimmed })
  }
  rooms(): readonly KnownRoom[] {
    return this.#rooms
  }
  newRoom(): RoomLink {
    return this.open.link
  }
  async enter(): Promise<RoomSession> {
    await this.onEnter()
    this.#isIn = true
    const { room, link } = this.open
    if (!this.#rooms.some(({ id }) => id === room.id)) {
      this.setRooms([...this.#rooms, { id: room.id, link, label: undefined, lastVisitAt: Date.now() }])
    }
    return this.open
  }
  session(): RoomSession | undefined {
    return this.#isIn ? this.open : undefined
  }
  async leave(): Promise<void> {
    this.#isIn = false
  }
  async forget(room: RoomId): Promise<void> {
    this.forgotten.push(room)
    this.setRooms(this.#rooms.filter(({ id }) => id !== room))
  }
  async labelRoom(room: RoomId, label: string): Promise<void> {
    this.setRooms(this.#rooms.map((known) => (known.id === room ? { ...known, label } : known)))
  }
  goodbye(): void {
    return undefined
  }
  wake(): void {
    return undefined
  }

  setRelay(state: RelayState): void {
    this.#relay = state
    this.events.emit('relay:changed', { state })
  }
  setRooms(rooms: readonly KnownRoom[]): void {
    this.#rooms = rooms
    this.events.emit('rooms:changed', { rooms })
  }
}

class LinkNotTesseraError extends TesseraError {
  override name = 'LinkNotTesseraError'
}
class LinkTruncatedError extends TesseraError {
  override name = 'LinkTruncatedError'
}

/** Links of the fake peer: `…#/r/whole` is right, a shorter code is cut off, anything else is no link. */
export const fakeLinks: RoomLinks = {
  parse(text) {
    const code = /#\/r\/(\w*)$/.exec(text)?.[1]
    if (code === undefined) throw new LinkNotTesseraError('expected a room link')
    if (code !== 'whole') throw new LinkTruncatedError('expected more characters')
    return { secret: new Uint8Array(16).fill(7), relays: [] }
  },
  format: () => 'https://tessera.example/#/r/AQcHBwcHBwcHBwcHBwcHBwcHp3Q',
}
