import type { AccountId, FileId } from '../../base/ids.ts'
import type { AuditSchedule } from '../audit-schedule.ts'
import type { StandingHolder } from '../repair-plan.ts'

/** A room whose people come and go, in virtual time. */
export interface ChurnInit {
  readonly seed: number
  /** People in the room; who leaves for good is replaced at once by somebody new. */
  readonly people: number
  readonly files: number
  readonly days: number
  /** Part of the people that break off in an hour, without goodbye. */
  readonly leavingPerHour: number
  /** Part of those that come back, after half a minute to eight. */
  readonly returning: number
  /** How long until a broken link is seen. */
  readonly detectMs: number
  /** From the break to the last rebuilt byte. */
  readonly repairMs: number
  /** Disks that lose all they hold in an hour without anybody noticing, as a part of the people: audits are to find them. */
  readonly rottingPerHour: number
  readonly leavers: LeaverPolicy
}

/**
 * What others make of somebody who broke off. `awaited`: the product's rules. For comparison: `lost` counts as lost at once, and
 * counts again when back; `written-off` is lost at once and for good, whatever it brings back.
 */
export type LeaverPolicy = 'awaited' | 'lost' | 'written-off'

export interface ChurnResult {
  readonly fileDays: number
  readonly lost: number
  /** Files lost of which nobody was told before that they were at risk. */
  readonly lostUnwarned: number
  readonly warned: number
  /** Columns made again, and how often somebody set to work for it. */
  readonly rebuiltColumns: number
  readonly repairs: number
  readonly departures: number
  /** Holdings that were gone from a disk, and those of them that audits found. */
  readonly rotted: number
  readonly found: number
}

export interface Person {
  readonly account: AccountId
  since: number
  /** What is true, and what the others see. */
  isHere: boolean
  isGone: boolean
  state: StandingHolder['state']
  visit: number
  readonly files: Set<SimFile>
  readonly audits: AuditSchedule
}

/** A file whose owner is gone. */
export interface SimFile {
  readonly id: FileId
  readonly layout: Map<Person, number[]>
  /** Holders whose disk lost it: they still count until an audit finds out. */
  readonly rotten: Set<Person>
  signature: string
  /** Counts plans: a timer of an older one is void. */
  turn: number
  worker: Person | undefined
  isWarned: boolean
  isLost: boolean
}
