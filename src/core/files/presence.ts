import type { AccountId, PeerId } from '../base/ids.ts'
import type { Member, Room } from '../room/index.ts'

/** What changed about an account, told once per change however many tabs it has. */
export type PresenceChange = 'reachable' | 'unreachable'

/** The room's members counted as accounts: who can be reached, and by which tab best (FI-12). */
export class Presence {
  readonly #room: Room
  readonly #offs: (() => void)[] = []
  /** Accounts and whether some tab of theirs has a direct link: what transfers need. */
  #last = new Map<AccountId, boolean>()

  constructor(room: Room) {
    this.#room = room
  }

  /** Calls `onChange` for each account that came, went, or got or lost its direct link. */
  start(onChange: (account: AccountId, change: PresenceChange) => void): void {
    this.#last = this.#snapshot()
    const look = (): void => {
      const before = this.#last
      this.#last = this.#snapshot()
      for (const [account, direct] of this.#last) {
        if (before.get(account) !== direct) onChange(account, 'reachable')
      }
      for (const account of before.keys()) if (!this.#last.has(account)) onChange(account, 'unreachable')
    }
    const { events } = this.#room
    this.#offs.push(
      events.on('member:joined', look),
      events.on('member:changed', look),
      events.on('member:left', look),
    )
  }

  stop(): void {
    for (const off of this.#offs.splice(0)) off()
  }

  /** Accounts with a tab that is present now, ourselves included. */
  reachable(account: AccountId): boolean {
    if (account === this.#room.self.account) return true
    return this.#room.members().some((member) => member.account === account && member.path !== 'away')
  }

  /** Accounts of the room, present or away, ourselves included. */
  accounts(): ReadonlySet<AccountId> {
    return new Set([this.#room.self.account, ...this.#room.members().map((member) => member.account)])
  }

  /** Accounts present now, ourselves included. */
  present(): ReadonlySet<AccountId> {
    const members = this.#room.members().filter((member) => member.path !== 'away')
    return new Set([this.#room.self.account, ...members.map((member) => member.account)])
  }

  /** Accounts that a transfer can run with, by their best connected tab, our own other tabs included. */
  direct(): ReadonlyMap<AccountId, PeerId> {
    const best = new Map<AccountId, Member>()
    for (const member of this.#room.members()) {
      if (member.path !== 'direct') continue
      const known = best.get(member.account)
      if (known === undefined || isCloser(member, known)) best.set(member.account, member)
    }
    return new Map([...best].map(([account, member]) => [account, member.peer]))
  }

  /** Whether this tab speaks for our account where one tab is enough: the lowest peer id of those present. */
  isFirstTab(): boolean {
    const { peer, account } = this.#room.self
    return this.#room
      .members()
      .every((member) => member.account !== account || member.path === 'away' || peer < member.peer)
  }

  #snapshot(): Map<AccountId, boolean> {
    const direct = this.direct()
    const present = new Map<AccountId, boolean>()
    for (const member of this.#room.members()) {
      if (member.path !== 'away') present.set(member.account, direct.has(member.account))
    }
    return present
  }
}

function isCloser(a: Member, b: Member): boolean {
  const difference = (a.rttMs ?? Infinity) - (b.rttMs ?? Infinity)
  return difference < 0 || (!(difference > 0) && a.peer < b.peer)
}
