import type { Clock } from '../base/clock.ts'
import type { Emitter } from '../base/events.ts'
import type { AccountId, PeerId } from '../base/ids.ts'
import type { Link } from '../mesh/index.ts'
import type { Admitted } from './admission.ts'
import { awayMs } from './constants.ts'
import type { Member, RoomEvents } from './index.ts'

interface Row {
  member: Member
  /** What the other side says of its end: "direct" is shown only when both ends are. */
  theirsIsDirect: boolean
  cancelGone: () => void
}

/** Who is in the room, and how they are reached. The only place where a member changes (SPEC RO-7). */
export class Roster {
  readonly #rows = new Map<PeerId, Row>()
  readonly #events: Emitter<RoomEvents>
  readonly #clock: Clock
  readonly #link: (peer: PeerId) => Link | undefined
  readonly #onGone: (peer: PeerId) => void

  /**
   * @param link the best link to a peer now
   * @param onGone a member is off the list: it must prove itself again
   */
  constructor(
    events: Emitter<RoomEvents>,
    clock: Clock,
    link: (peer: PeerId) => Link | undefined,
    onGone: (peer: PeerId) => void,
  ) {
    this.#events = events
    this.#clock = clock
    this.#link = link
    this.#onGone = onGone
  }

  members(): readonly Member[] {
    return [...this.#rows.values()].map(({ member }) => member)
  }
  get(peer: PeerId): Member | undefined {
    return this.#rows.get(peer)?.member
  }
  nameOf(account: AccountId): string | undefined {
    return this.members().find((member) => member.account === account)?.name
  }

  admitted({ peer, account, name }: Admitted): void {
    const known = this.#rows.get(peer)
    if (known !== undefined && known.member.account === account) {
      known.theirsIsDirect = false
      known.member = { ...known.member, name }
      this.refresh(peer, true)
      return
    }
    if (known !== undefined) this.remove(peer)
    const member: Member = {
      peer,
      account,
      name,
      path: 'relayed',
      rttMs: undefined,
      since: this.#clock.now(),
    }
    this.#rows.set(peer, { member, theirsIsDirect: false, cancelGone: () => undefined })
    const row = this.#rows.get(peer)
    if (row !== undefined) row.member = { ...member, ...this.#reached(row) }
    this.#events.emit('member:joined', row?.member ?? member)
  }

  heard(peer: PeerId, name: string, theirsIsDirect: boolean): void {
    const row = this.#rows.get(peer)
    if (row === undefined) return
    const renamed = row.member.name !== name
    row.theirsIsDirect = theirsIsDirect
    row.member = { ...row.member, name }
    this.refresh(peer, renamed)
  }

  /** Brings a member's path and round trip up to date with its link. */
  refresh(peer: PeerId, force = false): void {
    const row = this.#rows.get(peer)
    if (row === undefined) return
    const before = row.member
    row.member = { ...before, ...this.#reached(row) }
    if (row.member.path === 'away' && before.path !== 'away') {
      row.cancelGone = this.#clock.after(awayMs, () => this.remove(peer))
    } else if (row.member.path !== 'away') row.cancelGone()
    const changed = before.path !== row.member.path || before.rttMs !== row.member.rttMs
    if (changed || force) this.#events.emit('member:changed', row.member)
  }

  #reached(row: Row): Pick<Member, 'path' | 'rttMs'> {
    const link = this.#link(row.member.peer)
    if (link === undefined) return { path: 'away', rttMs: undefined }
    const isDirect = link.path === 'direct' && row.theirsIsDirect
    return { path: isDirect ? 'direct' : 'relayed', rttMs: link.rttMs }
  }

  remove(peer: PeerId): void {
    const row = this.#rows.get(peer)
    if (row === undefined) return
    row.cancelGone()
    this.#rows.delete(peer)
    this.#onGone(peer)
    this.#events.emit('member:left', row.member)
  }

  clear(): void {
    for (const { cancelGone } of this.#rows.values()) cancelGone()
    this.#rows.clear()
  }
}
