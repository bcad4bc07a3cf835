import { describe, expect, it } from 'vitest'
import type { AccountId, FileId } from '../base/ids.ts'
import { survivable } from './durability.ts'
import { planOffers, ranked, type PlacementFacts } from './placement.ts'
import { copiesFor, shapeFor } from './shape.ts'

const file = 'F'.repeat(43) as FileId
const accounts = (count: number): AccountId[] =>
  Array.from({ length: count }, (_, i) => `account-${i}` as AccountId)

function plan(facts: Partial<PlacementFacts> & Pick<PlacementFacts, 'shape' | 'candidates'>): AccountPlan {
  const offerable = Array.from({ length: facts.shape.n }, (_, i) => i)
  return planOffers({ file, offerable, assigned: new Map(), ...facts })
}
type AccountPlan = ReturnType<typeof planOffers>

describe('shape of a code', () => {
  it('FI-10: follows the number of accounts in the room', () => {
    const shapes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 30].map((n) => {
      const { k, n: columns } = shapeFor(n)
      return `${n}:${k}/${columns}`
    })
    expect(shapes).toEqual([
      ...['0:1/1', '1:1/1', '2:1/1', '3:1/1', '4:1/1', '5:2/4', '6:2/5', '7:2/6', '8:2/6'],
      ...['9:3/8', '10:3/9', '15:3/9', '16:4/12', '30:4/12'],
    ])
  })

  it('FI-10: never has more columns than there are other accounts, once coded', () => {
    for (let count = 5; count <= 40; count++) expect(shapeFor(count).n).toBeLessThanOrEqual(count - 1)
  })
})

describe('placement', () => {
  it('FI-11: gives whole copies to two accounts and coded columns to one each', () => {
    expect(copiesFor({ k: 1, n: 1 })).toBe(2)
    const copies = plan({ shape: { k: 1, n: 1 }, candidates: accounts(5) })
    expect([...copies.values()]).toEqual([[0], [0]])
    const coded = plan({ shape: { k: 2, n: 6 }, candidates: accounts(7) })
    expect(coded.size).toBe(6)
    expect([...coded.values()].flat().sort()).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('FI-11: with one other account gives it k columns and no more', () => {
    expect([...plan({ shape: { k: 2, n: 6 }, candidates: accounts(1) }).values()]).toEqual([[0, 1]])
    expect([...plan({ shape: { k: 1, n: 1 }, candidates: accounts(1) }).values()]).toEqual([[0]])
  })

  it('FI-11: offers only what is missing, and nothing when all is placed', () => {
    const [a, b, c] = accounts(3) as [AccountId, AccountId, AccountId]
    const assigned = new Map([
      [a, [0]],
      [b, [2]],
    ])
    const shape = { k: 2, n: 3 }
    expect([...plan({ shape, assigned, candidates: [a, b, c] })]).toEqual([[c, [1]]])
    assigned.set(c, [1])
    expect(plan({ shape, assigned, candidates: [a, b, c] }).size).toBe(0)
  })

  it('FI-12: rendezvous order moves only the share of who leaves', () => {
    const all = accounts(20)
    const before = ranked(file, all)
    const gone = before[3]
    expect(ranked(file, all.toReversed())).toEqual(before)
    expect(
      ranked(
        file,
        all.filter((account) => account !== gone),
      ),
    ).toEqual(before.filter((account) => account !== gone))
  })

  it('FI-12: spreads files evenly over accounts', () => {
    const all = accounts(10)
    const firsts = new Map<AccountId, number>()
    for (let i = 0; i < 5_000; i++) {
      const [first] = ranked(`file-${i}` as FileId, all)
      if (first !== undefined) firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    for (const account of all) {
      expect(firsts.get(account)).toBeGreaterThan(400)
      expect(firsts.get(account)).toBeLessThan(600)
    }
  })
})

describe('survivable losses', () => {
  const sets = (...lists: number[][]): Set<number>[] => lists.map((list) => new Set(list))

  it('FI-16: counts the losses that any choice of holders leaves survivable', () => {
    expect(survivable({ k: 1, n: 1 }, [])).toBe(-1)
    expect(survivable({ k: 1, n: 1 }, sets([0]))).toBe(0)
    expect(survivable({ k: 1, n: 1 }, sets([0], [0]))).toBe(1)
    expect(survivable({ k: 2, n: 6 }, sets([0], [1], [2], [3], [4], [5]))).toBe(4)
    expect(survivable({ k: 2, n: 6 }, sets([0], [0], [0]))).toBe(-1)
    expect(survivable({ k: 2, n: 6 }, sets([0, 1], [2]))).toBe(0)
    expect(survivable({ k: 2, n: 6 }, sets([0, 1], [2, 3]))).toBe(1)
  })

  it('FI-16: equals brute force over 3,000 random layouts', () => {
    let state = 1
    const next = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    for (let round = 0; round < 3_000; round++) {
      const n = 1 + next(7)
      const k = 1 + next(n)
      const holders = Array.from({ length: next(7) }, () => {
        return new Set(Array.from({ length: next(4) }, () => next(n)))
      })
      expect(survivable({ k, n }, holders)).toBe(bruteForce(k, holders))
    }
  })

  it('FI-16: for codes too large to try every set it promises no more than the truth', () => {
    const holders = Array.from({ length: 40 }, (_, i) => new Set([i * 3, i * 3 + 1, i * 3 + 2]))
    expect(survivable({ k: 60, n: 120 }, holders)).toBe(20)
  })
})

function bruteForce(k: number, holders: readonly ReadonlySet<number>[]): number {
  let fewest = Infinity
  for (let mask = 0; mask < 1 << holders.length; mask++) {
    const left = holders.filter((_, i) => (mask & (1 << i)) === 0)
    if (new Set(left.flatMap((set) => [...set])).size >= k) continue
    fewest = Math.min(fewest, holders.length - left.length)
  }
  return fewest - 1
}
