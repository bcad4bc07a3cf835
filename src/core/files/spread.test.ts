import { describe, expect, it } from 'vitest'
import type { AccountId, FileId } from '../base/ids.ts'
import { planOffers, ranked } from './placement.ts'
import { copiesFor, happyFor, shapeFor } from './shape.ts'
import { Spread, spreadOf, type Layout } from './spread.ts'
import { placementWeight } from './weights.ts'

const name = (i: number): AccountId => `account-${i}` as AccountId

/** Park and Miller's generator: figures that repeat. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

function randomLayout(next: (below: number) => number, n: number): Layout {
  const layout = new Map<AccountId, readonly number[]>()
  for (let i = next(7); i > 0; i--) {
    layout.set(name(i), [...new Set(Array.from({ length: next(5) }, () => next(n)))])
  }
  return layout
}

/** Tries every choice of one column, or none, for each account. */
function bruteForce(n: number, copies: number, layout: Layout): number {
  const accounts = [...layout.values()]
  const left = new Array<number>(n).fill(copies)
  const best = (at: number): number => {
    const columns = accounts[at]
    if (columns === undefined) return 0
    let most = best(at + 1)
    for (const column of columns) {
      if ((left[column] ?? 0) === 0) continue
      left[column] = (left[column] ?? 0) - 1
      most = Math.max(most, 1 + best(at + 1))
      left[column] = (left[column] ?? 0) + 1
    }
    return most
  }
  return best(0)
}

describe('spread', () => {
  it('FI-60: equals brute force over 100,000 random layouts, built at once or edge by edge', () => {
    const next = dice(20_251)
    for (let round = 0; round < 100_000; round++) {
      const k = 1 + next(3)
      const shape = { k, n: k + next(6) }
      const layout = randomLayout(next, shape.n)
      const truth = bruteForce(shape.n, copiesFor(shape), layout)
      const grown = new Spread(shape)
      for (const [account, columns] of layout) for (const column of columns) grown.add(account, column)
      if (spreadOf(shape, layout) !== truth || grown.size !== truth) {
        expect.fail(`round ${round}: ${spreadOf(shape, layout)} and ${grown.size}, truth ${truth}`)
      }
    }
  })

  it('FI-60: names exactly the columns of which one more copy widens it', () => {
    const next = dice(77)
    for (let round = 0; round < 5_000; round++) {
      const shape = { k: 1 + next(2), n: 2 + next(5) }
      const layout = randomLayout(next, shape.n)
      const spread = new Spread(shape, layout)
      for (let column = 0; column < shape.n; column++) {
        const more = new Map([...layout, [name(99), [column]] as const])
        expect(spread.useful().has(column)).toBe(spreadOf(shape, more) > spread.size)
      }
    }
  })

  it('FI-60: columns that the code does not have count for nothing', () => {
    expect(spreadOf({ k: 2, n: 4 }, new Map([[name(1), [4, 200, -1, 0.5]]]))).toBe(0)
  })

  it('FI-60: the largest layout that receipts can make takes no longer than a blink', () => {
    const all = Array.from({ length: 255 }, (_, i) => i)
    const layout = new Map(Array.from({ length: 256 }, (_, i) => [name(i), all.slice(i % 2)] as const))
    expect(spreadOf({ k: 200, n: 255 }, layout)).toBe(255)
  })

  it('FI-60: a happy spread is nine accounts, or all there are, or as many as can hold something', () => {
    const happy = (accounts: number): number => happyFor(shapeFor(accounts), accounts - 1)
    expect([1, 2, 3, 4, 5, 6, 8, 9, 10, 16, 30].map(happy)).toEqual([1, 1, 2, 2, 4, 5, 6, 8, 9, 9, 9])
  })
})

describe('placement over random rooms', () => {
  it('FI-11: reaches the widest spread there can be, never gives a column twice nor more than k', () => {
    const next = dice(5)
    for (let round = 0; round < 3_000; round++) {
      const people = 2 + next(19)
      const shape = shapeFor(people)
      const assigned = new Map<AccountId, readonly number[]>()
      for (let i = 1; i < people; i++) {
        if (next(3) === 0) assigned.set(name(i), [next(shape.n)])
      }
      const candidates = Array.from({ length: people - 1 }, (_, i) => name(i + 1))
      const offerable = Array.from({ length: shape.n }, (_, i) => i)
      const file = `file-${round}` as FileId
      const offers = planOffers({ file, shape, offerable, assigned, candidates })
      const after = new Map(assigned)
      for (const [account, columns] of offers) {
        const both = [...(assigned.get(account) ?? []), ...columns]
        expect(new Set(both).size).toBe(both.length)
        expect(both.length).toBeLessThanOrEqual(shape.k)
        after.set(account, both)
      }
      const widest = Math.min(people - 1, shape.n * copiesFor(shape))
      expect(spreadOf(shape, after)).toBe(widest)
    }
  })

  it('FI-11: two columns on one account are parted when another comes', () => {
    const assigned = new Map([[name(1), [0, 1]]])
    const shape = { k: 2, n: 2 }
    const offers = planOffers({
      ...{ file: 'f' as FileId, shape, offerable: [0, 1], assigned },
      candidates: [name(1), name(2)],
    })
    expect([...offers.keys()]).toEqual([name(2)])
  })
})

describe('weights', () => {
  const minute = 60_000
  it('FI-61: grow with space and stay, at most eightfold each, whatever is claimed', () => {
    const least = placementWeight({ freeBytes: 0, presentMs: 0 })
    const most = placementWeight({ freeBytes: Number.MAX_SAFE_INTEGER, presentMs: 1e15 })
    expect(most / least).toBe(64)
    for (const odd of [NaN, -1, -Infinity]) {
      expect(placementWeight({ freeBytes: odd, presentMs: odd })).toBe(least)
    }
    const plain = placementWeight({ freeBytes: undefined, presentMs: 30 * minute })
    expect(plain).toBe(1)
    expect(placementWeight({ freeBytes: 512 * 1_048_576, presentMs: 30 * minute })).toBe(4)
  })

  it('FI-61: give each account the first place in proportion', () => {
    const accounts = [name(1), name(2), name(3)]
    const firsts = new Map<AccountId, number>()
    for (let i = 0; i < 6_000; i++) {
      const [first] = ranked(`f${i}` as FileId, accounts, (account) => (account === name(1) ? 4 : 1))
      if (first !== undefined) firsts.set(first, (firsts.get(first) ?? 0) + 1)
    }
    expect(firsts.get(name(1))).toBeGreaterThan(3_800)
    expect(firsts.get(name(1))).toBeLessThan(4_200)
  })

  it('FI-61: equal ones leave the plain order as it is', () => {
    const accounts = Array.from({ length: 20 }, (_, i) => name(i))
    expect(ranked('f' as FileId, accounts, () => 2.5)).toEqual(ranked('f' as FileId, accounts))
  })
})
