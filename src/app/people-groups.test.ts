import { describe, expect, it } from 'vitest'
import type { AccountId, PeerId } from '../core/base/ids.ts'
import type { Member } from '../core/room/index.ts'
import { groupPeople } from './people-groups.ts'

const self = { account: 'me' as AccountId, peer: 'my tab' as PeerId, name: 'Mara' }

const member = (account: string, peer: string, rest: Partial<Member> = {}): Member => ({
  account: account as AccountId,
  peer: peer as PeerId,
  name: account,
  path: 'direct',
  rttMs: 10,
  since: 0,
  ...rest,
})

describe('people from members', () => {
  it('shows two tabs of one person as one person with two tabs', () => {
    const people = groupPeople(self, [member('ann', 'a1'), member('ann', 'a2')])
    expect(people.map(({ account, tabs }) => [account, tabs])).toEqual([
      ['me', 1],
      ['ann', 2],
    ])
  })

  it('counts our other tabs to ourselves and marks us', () => {
    const [own, ...others] = groupPeople(self, [member('me', 'my other tab')])
    expect(own).toMatchObject({ isSelf: true, tabs: 2, name: 'Mara' })
    expect(others).toEqual([])
  })

  it('tells the best way a person is reached, and its round trip', () => {
    const tabs = [
      member('ann', 'a1', { path: 'relayed', rttMs: 5 }),
      member('ann', 'a2', { path: 'direct', rttMs: 80 }),
      member('ann', 'a3', { path: 'away', rttMs: undefined }),
    ]
    expect(groupPeople(self, tabs)[1]).toMatchObject({ path: 'direct', rttMs: 80, tabs: 3 })
  })

  it('puts ourselves first, then those here by name, then those away', () => {
    const people = groupPeople(self, [
      member('zoe', 'z'),
      member('adam', 'a', { path: 'away' }),
      member('ben', 'b', { path: 'relayed' }),
    ])
    expect(people.map(({ account }) => account)).toEqual(['me', 'ben', 'zoe', 'adam'])
  })
})
