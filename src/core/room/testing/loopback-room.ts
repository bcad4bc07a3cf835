import type { Bytes } from '../../base/bytes.ts'
import { Emitter } from '../../base/events.ts'
import type { AccountId, PeerId, RoomId } from '../../base/ids.ts'
import type { HandleOptions, MeshStream, OpenOptions, StreamHandler } from '../../mesh/index.ts'
import { LoopbackNetwork, type LoopbackMesh } from '../../mesh/testing/loopback.ts'
import type { Member, Room, RoomEvents } from '../index.ts'

/**
 * A {@link Room} whose members are all admitted and directly linked, for tests of the features above the room.
 * `join` and `leave` change who is there; nothing takes time.
 */
export class LoopbackRooms {
  readonly network = new LoopbackNetwork()
  readonly #rooms: LoopbackRoom[] = []
  readonly #id: RoomId

  constructor(id = 'AAAAAAAAAAAAAAAAAAAAAA' as RoomId) {
    this.#id = id
  }

  /** A new member, linked to everyone present. Two peers of one account are two tabs of one person. */
  async join(peer: string, account: AccountId, name = peer): Promise<LoopbackRoom> {
    const mesh = this.network.peer(peer, { firstPath: 'direct' })
    await mesh.start()
    const room = new LoopbackRoom(this.#id, mesh, account, name)
    for (const other of this.#rooms) await this.#meet(room, other)
    this.#rooms.push(room)
    return room
  }

  async #meet(a: LoopbackRoom, b: LoopbackRoom): Promise<void> {
    a.mesh.setAdmitted(b.mesh.self, true)
    b.mesh.setAdmitted(a.mesh.self, true)
    await a.mesh.connect({ peer: b.mesh.self, addresses: [] })
    a.memberJoined(b)
    b.memberJoined(a)
  }

  /** Cuts two members apart, as a lost link does, until {@link rejoin}. */
  part(a: LoopbackRoom, b: LoopbackRoom): void {
    this.network.cut(a.mesh, b.mesh)
    a.memberLeft(b)
    b.memberLeft(a)
  }

  async rejoin(a: LoopbackRoom, b: LoopbackRoom): Promise<void> {
    await this.#meet(a, b)
  }

  /** The member's tab dies: its links break and no goodbye is heard. */
  async crash(room: LoopbackRoom): Promise<void> {
    await room.mesh.stop()
    this.#rooms.splice(this.#rooms.indexOf(room), 1)
  }

  /** The member's tab closes. */
  async leave(room: LoopbackRoom): Promise<void> {
    await room.mesh.stop()
    this.#rooms.splice(this.#rooms.indexOf(room), 1)
    for (const other of this.#rooms) other.memberLeft(room)
  }
}

/** One member's view of a {@link LoopbackRooms}. */
export class LoopbackRoom implements Room {
  readonly id: RoomId
  readonly self: { readonly peer: PeerId; readonly account: AccountId }
  readonly events = new Emitter<RoomEvents>()
  readonly mesh: LoopbackMesh
  readonly agreements = new Map<AccountId, Bytes>()
  readonly #name: string
  readonly #members = new Map<PeerId, Member>()
  readonly #names = new Map<AccountId, string>()

  constructor(id: RoomId, mesh: LoopbackMesh, account: AccountId, name: string) {
    this.id = id
    this.mesh = mesh
    this.self = { peer: mesh.self, account }
    this.#name = name
  }

  name(): string {
    return this.#name
  }
  members(): readonly Member[] {
    return [...this.#members.values()]
  }
  member(peer: PeerId): Member | undefined {
    return this.#members.get(peer)
  }
  isLooking(): boolean {
    return false
  }
  nameOf(account: AccountId): string | undefined {
    return this.#names.get(account)
  }
  /** Of accounts that the test has told of, see {@link agreements}. */
  agreementOf(account: AccountId): Bytes | undefined {
    return this.agreements.get(account)
  }

  memberJoined(other: LoopbackRoom): void {
    const member: Member = {
      peer: other.self.peer,
      account: other.self.account,
      name: other.name(),
      path: 'direct',
      rttMs: 1,
      since: 0,
    }
    this.#members.set(member.peer, member)
    this.#names.set(member.account, member.name)
    this.events.emit('member:joined', member)
  }

  memberLeft(other: LoopbackRoom): void {
    const member = this.#members.get(other.self.peer)
    if (member === undefined) return
    this.#members.delete(member.peer)
    this.events.emit('member:left', member)
  }

  openStream(peer: PeerId, protocol: string, options: OpenOptions): Promise<MeshStream> {
    return this.mesh.openStream(peer, protocol, options)
  }
  handle(protocol: string, handler: StreamHandler, options: HandleOptions): () => void {
    return this.mesh.handle(protocol, handler, options)
  }
  publish(topic: string, payload: Uint8Array): Promise<void> {
    return this.mesh.publish(topic, payload)
  }
  subscribe(topic: string, listener: (payload: Bytes) => void): () => void {
    return this.mesh.subscribe(topic, (payload) => listener(payload))
  }
}
