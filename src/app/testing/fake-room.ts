import type { Bytes } from '../../core/base/bytes.ts'
import { Emitter } from '../../core/base/events.ts'
import type { AccountId, PeerId, RoomId } from '../../core/base/ids.ts'
import type { MeshStream } from '../../core/mesh/index.ts'
import type { Member, Room, RoomEvents } from '../../core/room/index.ts'

/** A room that a test or preview plays: members come, change and go when told. Nothing is sent anywhere. */
export class FakeRoom implements Room {
  readonly events = new Emitter<RoomEvents>()
  /** Accounts that cannot be sent to alone. */
  readonly olderBuilds = new Set<AccountId>()
  #isLooking = false
  readonly id: RoomId
  readonly self: { readonly peer: PeerId; readonly account: AccountId }
  readonly #members = new Map<PeerId, Member>()
  readonly #names = new Map<AccountId, string>()
  readonly #ownName: () => string

  constructor(id: RoomId, self: AccountId, ownName: () => string) {
    this.id = id
    this.self = { account: self, peer: `tab of ${self}` as PeerId }
    this.#ownName = ownName
  }

  name(): string {
    return this.#ownName()
  }
  members(): readonly Member[] {
    return [...this.#members.values()]
  }
  member(peer: PeerId): Member | undefined {
    return this.#members.get(peer)
  }
  isLooking(): boolean {
    return this.#isLooking
  }
  nameOf(account: AccountId): string | undefined {
    return this.#names.get(account)
  }
  agreementOf(account: AccountId): Bytes | undefined {
    return this.olderBuilds.has(account) ? undefined : new Uint8Array(32)
  }
  async openStream(): Promise<MeshStream> {
    throw new Error('a fake room opens no streams')
  }
  handle(): () => void {
    return () => undefined
  }
  async publish(): Promise<void> {
    return undefined
  }
  subscribe(): () => void {
    return () => undefined
  }

  /** The first look around goes on, or is over. */
  look(isLooking: boolean): void {
    this.#isLooking = isLooking
    this.events.emit('room:looked', { members: this.#members.size })
  }

  /** A member comes, or changes when known. */
  put(member: Partial<Member> & Pick<Member, 'account' | 'name'>): Member {
    const peer = member.peer ?? (`tab of ${member.account}` as PeerId)
    const known = this.#members.get(peer)
    const full: Member = { path: 'direct', rttMs: 12, since: 0, ...known, ...member, peer }
    this.#members.set(peer, full)
    this.#names.set(full.account, full.name)
    this.events.emit(known === undefined ? 'member:joined' : 'member:changed', full)
    return full
  }
  remove(peer: PeerId): void {
    const member = this.#members.get(peer)
    if (member === undefined) return
    this.#members.delete(peer)
    this.events.emit('member:left', member)
  }
}
