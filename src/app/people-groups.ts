import type { AccountId, PeerId } from '../core/base/ids.ts'
import type { Member } from '../core/room/index.ts'

/** How a person is reached now: the best of their tabs. */
export type PersonPath = Member['path']

/** A person of the room with all their tabs. */
export interface Person {
  readonly account: AccountId
  readonly name: string
  readonly isSelf: boolean
  /** Tabs and devices present or away; ours counts this one. */
  readonly tabs: number
  readonly path: PersonPath
  /** Round trip of the best tab in ms; undefined until measured, and for ourselves. */
  readonly rttMs: number | undefined
}

const rank: Record<PersonPath, number> = { direct: 0, relayed: 1, away: 2 }

/** Members grouped to people: ourselves first, then present ones, then away ones, each by name. */
export function groupPeople(
  self: { readonly account: AccountId; readonly peer: PeerId; readonly name: string },
  members: readonly Member[],
): readonly Person[] {
  const tabs = new Map<AccountId, Member[]>()
  for (const member of members) {
    const known = tabs.get(member.account)
    if (known === undefined) tabs.set(member.account, [member])
    else known.push(member)
  }
  const others = [...tabs]
    .filter(([account]) => account !== self.account)
    .map(([account, list]) => personOf(account, list))
    .sort((a, b) => Number(a.path === 'away') - Number(b.path === 'away') || a.name.localeCompare(b.name))
  const own: Person = {
    account: self.account,
    name: self.name,
    isSelf: true,
    tabs: 1 + (tabs.get(self.account)?.length ?? 0),
    path: 'direct',
    rttMs: undefined,
  }
  return [own, ...others]
}

function personOf(account: AccountId, tabs: readonly Member[]): Person {
  const [best] = [...tabs].sort((a, b) => rank[a.path] - rank[b.path] || (a.rttMs ?? 1e9) - (b.rttMs ?? 1e9))
  return {
    account,
    name: best?.name ?? '',
    isSelf: false,
    tabs: tabs.length,
    path: best?.path ?? 'away',
    rttMs: best?.rttMs,
  }
}
