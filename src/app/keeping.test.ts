import { describe, expect, it } from 'vitest'
import type { AccountId } from '../core/base/ids.ts'
import type { Durability } from '../core/files/index.ts'
import { keepingOf } from './keeping.ts'

const owner = 'owner' as AccountId

const durability = (others: readonly string[], rest: Partial<Durability>): Durability => ({
  k: 2,
  n: 6,
  holdings: [owner, ...(others as AccountId[])].map((account) => ({
    account,
    shards: [0],
    reachable: account !== 'away',
  })),
  survivableLosses: -1,
  safeToClose: false,
  ...rest,
})

describe('what a file card says of survival', () => {
  it('says "safe" exactly when the core does', () => {
    expect(keepingOf(owner, durability(['ann'], { safeToClose: true, survivableLosses: 0 })).verdict).toBe(
      'safe',
    )
    expect(keepingOf(owner, durability(['ann', 'ben'], { survivableLosses: 3 })).verdict).not.toBe('safe')
  })

  it('tells apart: nobody else, not enough elsewhere, enough but fragile', () => {
    expect(keepingOf(owner, durability([], {})).verdict).toBe('alone')
    expect(keepingOf(owner, durability(['ann'], { survivableLosses: -1 })).verdict).toBe('incomplete')
    expect(keepingOf(owner, durability(['ann'], { survivableLosses: 0 })).verdict).toBe('fragile')
  })

  it('does not count an account that holds no shard', () => {
    const empty = durability([], {
      holdings: [
        { account: owner, shards: [0], reachable: true },
        { account: 'ann' as AccountId, shards: [], reachable: true },
      ],
    })
    expect(keepingOf(owner, empty)).toEqual({
      verdict: 'alone',
      holders: [{ account: owner, reachable: true }],
    })
  })

  it('lists those who can be reached first', () => {
    const { holders } = keepingOf(owner, durability(['away', 'ann'], {}))
    expect(holders.map(({ account }) => account)).toEqual([owner, 'ann', 'away'])
  })
})
