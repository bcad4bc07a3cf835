import type { AccountId, CallId } from '../base/ids.ts'
import type { OngoingCall } from './index.ts'
import type { RosterEntry } from './roster.ts'

/**
 * The call that goes on in the room: ours when we are in one, else the one with most people; of equals the lower id, so
 * that everyone sees the same.
 */
export function ongoingOf(
  entries: readonly RosterEntry[],
  own: { readonly call: CallId; readonly since: number } | undefined,
  self: AccountId,
): OngoingCall | undefined {
  const call = own?.call ?? largest(entries)
  if (call === undefined) return undefined
  const inIt = entries.filter(({ said }) => said.call === call)
  const people = inIt.map(({ account, joinedAt }) => ({ account, joinedAt }))
  if (own !== undefined) people.push({ account: self, joinedAt: own.since })
  people.sort((a, b) => a.joinedAt - b.joinedAt)
  return {
    call,
    since: people[0]?.joinedAt ?? 0,
    accounts: [...new Set(people.map(({ account }) => account))],
    isIn: own !== undefined,
  }
}

function largest(entries: readonly RosterEntry[]): CallId | undefined {
  const counts = new Map<CallId, number>()
  for (const { said } of entries) counts.set(said.call, (counts.get(said.call) ?? 0) + 1)
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0]
}

/** True when nothing that is shown has changed; `since` may move by the travel time of announcements. */
export function isSameOngoing(a: OngoingCall | undefined, b: OngoingCall | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.call === b.call && a.isIn === b.isIn && a.accounts.join() === b.accounts.join()
}
