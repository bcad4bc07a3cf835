import type { AccountId, FileId } from '../base/ids.ts'
import type { CodeShape } from '../ces/index.ts'
import { repairRate, repairSettleMs, takeOverMs, urgentSettleMs } from './constants.ts'
import { survivable } from './durability.ts'
import { planOffers, ranked, type Weigh } from './placement.ts'
import { lazyMargin, urgentMargin } from './shape.ts'
import type { Layout } from './spread.ts'
import type { AccountState } from './whereabouts.ts'

/** An account that signed for columns, and where it is. */
export interface StandingHolder {
  readonly account: AccountId
  readonly shards: readonly number[]
  readonly state: AccountState
}

/** `urgent`: few more losses are survivable now; `lazy`: too few even if all who are away come back. */
export type RepairLevel = 'none' | 'lazy' | 'urgent'

/** How much a file needs repair (FI-62), the owner's own columns not counted. */
export function repairLevel(shape: CodeShape, holders: readonly StandingHolder[]): RepairLevel {
  const reachable = columnsOf(holders.filter(({ state }) => state === 'reachable'))
  const now = survivable(shape, reachable)
  if (now <= urgentMargin(shape)) return 'urgent'
  const margin = lazyMargin(shape)
  if (now > margin) return 'none'
  const away = columnsOf(holders.filter(({ state }) => state === 'away'))
  return survivable(shape, [...reachable, ...away]) <= margin ? 'lazy' : 'none'
}

/** Whose columns count as placed at a level: with an urgent need only those within reach, else also those away (FI-62). */
export function countedLayout(level: RepairLevel, holders: readonly StandingHolder[]): Layout {
  const counted = holders.filter(({ state }) => {
    return state === 'reachable' || (state === 'away' && level !== 'urgent')
  })
  return new Map(counted.map(({ account, shards }) => [account, shards]))
}

/** What a repair is planned from. */
export interface RepairFacts {
  readonly file: FileId
  readonly shape: CodeShape
  /** Everyone but the owner that signed for columns and gave no wrong bytes, ourselves included. */
  readonly holders: readonly StandingHolder[]
  /** Accounts that can be given columns now, ourselves included. */
  readonly candidates: readonly AccountId[]
  readonly weigh?: Weigh
}

/** What a file needs rebuilt, who is to have it, and who is to do it. */
export interface RepairPlan {
  readonly level: 'lazy' | 'urgent'
  /** Columns to rebuild by the account that is to hold them. */
  readonly takers: Layout
  /** Who rebuilds: the first, and in turn the next should nothing come of it. All hold a column, so they have the manifest. */
  readonly order: readonly AccountId[]
}

/** The repair that a file needs now; undefined when it needs none, or none is possible: too few columns in reach, nobody to take more. */
export function planRepair(facts: RepairFacts): RepairPlan | undefined {
  const { file, shape, holders } = facts
  const level = repairLevel(shape, holders)
  if (level === 'none') return undefined
  const present = holders.filter(({ state, shards }) => state === 'reachable' && shards.length > 0)
  if (survivable(shape, columnsOf(present)) < 0) return undefined
  const assigned = countedLayout(level, holders)
  const held = new Set([...assigned.values()].flat())
  const offerable = Array.from({ length: shape.n }, (_, i) => i).filter((column) => !held.has(column))
  if (offerable.length === 0) return undefined
  const takers = planOffers({ ...facts, offerable, assigned })
  if (takers.size === 0) return undefined
  const order = ranked(
    file,
    present.map(({ account }) => account),
  )
  return { level, takers, order }
}

/** What a turn is counted from. */
export interface TurnFacts {
  readonly plan: RepairPlan
  readonly self: AccountId
  /** When the need was first seen as it is: whatever moves, a receipt or a departure, begins it anew. */
  readonly since: number
  readonly columnBytes: number
  readonly k: number
}

/** When our turn to repair comes (FI-63); undefined when we hold nothing of the file. */
export function repairAt({ plan, self, since, columnBytes, k }: TurnFacts): number | undefined {
  const place = plan.order.indexOf(self)
  if (place < 0) return undefined
  const settleMs = plan.level === 'urgent' ? urgentSettleMs : repairSettleMs
  // Twice the time that whoever is before us needs, or a slow repair would be begun again by the next.
  const columns = [...plan.takers.values()].flat().length
  const workMs = Math.ceil((2 * (k + columns) * columnBytes * 1000) / repairRate.bytesPerSecond)
  return since + settleMs + place * (takeOverMs + workMs)
}

function columnsOf(holders: readonly StandingHolder[]): ReadonlySet<number>[] {
  return holders.map(({ shards }) => new Set(shards))
}
