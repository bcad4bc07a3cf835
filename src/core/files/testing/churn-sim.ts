import type { AccountId, FileId } from '../../base/ids.ts'
import type { CodeShape } from '../../ces/index.ts'
import { AuditSchedule } from '../audit-schedule.ts'
import { auditTickMs, awayMs } from '../constants.ts'
import { riskOf } from '../durability.ts'
import { planOffers } from '../placement.ts'
import { countedLayout, planRepair, repairAt, repairLevel, type StandingHolder } from '../repair-plan.ts'
import { shapeFor } from '../shape.ts'
import { placementWeight } from '../weights.ts'
import type { ChurnInit, ChurnResult, Person, SimFile } from './churn.ts'
import { dice, Timeline } from './timeline.ts'

const hourMs = 3_600_000
const columnBytes = 65_536

/**
 * Placement, thresholds, repair plans, turns and risk are the product's own; links, disks and the work itself take time and
 * nothing else. The files' owner is gone from the beginning.
 */
export class ChurnSim {
  readonly #init: ChurnInit
  readonly #time = new Timeline()
  readonly #random: () => number
  readonly #shape: CodeShape
  readonly #people = new Map<AccountId, Person>()
  #nextPerson = 0
  readonly #counts = {
    lost: 0,
    lostUnwarned: 0,
    warned: 0,
    rebuiltColumns: 0,
    repairs: 0,
    departures: 0,
    rotted: 0,
    found: 0,
  }

  constructor(init: ChurnInit) {
    this.#init = init
    this.#random = dice(init.seed)
    this.#shape = shapeFor(init.people)
  }

  run(): ChurnResult {
    const { people, files, days, seed } = this.#init
    for (let i = 0; i < people; i++) this.#join()
    for (let i = 0; i < files; i++) this.#share(`file-${seed}-${i}` as FileId)
    this.#time.runUntil(days * 24 * hourMs)
    return { fileDays: files * days, ...this.#counts }
  }

  #join(): void {
    const account = `account-${this.#init.seed}-${this.#nextPerson++}` as AccountId
    const person: Person = {
      ...{ account, since: this.#time.now, isHere: true, isGone: false, state: 'reachable', visit: 0 },
      files: new Set(),
      audits: new AuditSchedule((length) => Uint8Array.from({ length }, () => this.#random() * 256)),
    }
    this.#people.set(account, person)
    this.#planDeparture(person)
    this.#planRot(person)
    this.#time.after(auditTickMs, () => this.#audit(person))
  }

  #share(id: FileId): void {
    const file: SimFile = {
      ...{ id, layout: new Map(), rotten: new Set(), signature: '', turn: 0, worker: undefined },
      ...{ isWarned: false, isLost: false },
    }
    const shape = this.#shape
    this.#give(
      file,
      planOffers({ file: id, shape, offerable: columnsOf(shape), assigned: new Map(), ...this.#takers() }),
    )
  }

  #planDeparture(person: Person): void {
    const meanMs = hourMs / this.#init.leavingPerHour
    this.#time.after(-Math.log(1 - this.#random()) * meanMs, () => this.#depart(person))
  }

  #depart(person: Person): void {
    const { returning, detectMs, leavers } = this.#init
    const visit = ++person.visit
    person.isHere = false
    this.#counts.departures++
    const comesBack = this.#random() < returning
    if (comesBack) {
      this.#time.after(30_000 + this.#random() * 450_000, () => this.#return(person))
    } else {
      person.isGone = true
      for (const file of person.files) this.#checkLoss(file)
      this.#join()
    }
    const see = (state: Person['state']) => (): void => {
      if (person.isHere || person.visit !== visit) return
      person.state = state
      const { files } = person
      if (state === 'lost' && (person.isGone || leavers === 'written-off')) this.#forget(person)
      for (const file of files) this.#consider(file)
    }
    this.#time.after(detectMs, see(leavers === 'awaited' ? 'away' : 'lost'))
    if (leavers === 'awaited') this.#time.after(awayMs, see('lost'))
  }

  #return(person: Person): void {
    const wasSeen = person.state !== 'reachable'
    Object.assign(person, { isHere: true, state: 'reachable' })
    if (wasSeen) person.since = this.#time.now
    if (wasSeen) for (const file of person.files) this.#consider(file)
    this.#planDeparture(person)
  }

  /** What the members decide when something about a file changed, by the product's rules. */
  #consider(file: SimFile): void {
    if (file.isLost) return
    const holders = this.#holders(file)
    this.#warn(file, holders)
    if (this.#shape.k === 1) return this.#copy(file, holders)
    if (file.worker !== undefined && file.worker.state === 'reachable') return
    file.worker = undefined
    const plan = planRepair({ file: file.id, shape: this.#shape, holders, ...this.#takers() })
    const columns = [...(plan?.takers.values() ?? [])].flat().sort((a, b) => a - b)
    const signature = plan === undefined ? '' : JSON.stringify([plan.level, columns, plan.order])
    if (signature === file.signature) return
    file.signature = signature
    const turn = ++file.turn
    const [first] = plan?.order ?? []
    if (plan === undefined || first === undefined) return
    const { now } = this.#time
    const at = repairAt({ plan, self: first, since: now, columnBytes, k: this.#shape.k }) ?? now
    this.#time.after(at - now, () => {
      if (file.turn === turn) this.#repair(file, first, at - now)
    })
  }

  #repair(file: SimFile, account: AccountId, settledMs: number): void {
    const worker = this.#people.get(account)
    const holders = this.#holders(file)
    const plan = planRepair({ file: file.id, shape: this.#shape, holders, ...this.#takers() })
    file.signature = ''
    if (worker === undefined || plan === undefined) return
    file.worker = worker
    this.#counts.repairs++
    const { repairMs, detectMs } = this.#init
    this.#time.after(Math.max(0, repairMs - detectMs - settledMs), () => {
      if (file.worker !== worker || file.isLost) return
      file.worker = undefined
      const sources = this.#sound(file)
        .filter(([{ isHere }]) => isHere)
        .flatMap(([, columns]) => columns)
      if (worker.isHere && new Set(sources).size >= this.#shape.k) {
        this.#counts.rebuiltColumns += this.#give(file, plan.takers)
      }
      this.#consider(file)
    })
  }

  /** Whole copies need no rebuilding: a holder gives one on. */
  #copy(file: SimFile, holders: readonly StandingHolder[]): void {
    const present = [...file.layout.keys()].filter(({ state }) => state === 'reachable')
    if (present.length === 0 || file.worker !== undefined) return
    const assigned = countedLayout(repairLevel(this.#shape, holders), holders)
    const plan = planOffers({
      file: file.id,
      shape: this.#shape,
      offerable: [0],
      assigned,
      ...this.#takers(),
    })
    if (plan.size === 0) return
    file.worker = present[0]
    this.#counts.repairs++
    this.#time.after(this.#init.repairMs - this.#init.detectMs, () => {
      file.worker = undefined
      if (file.isLost) return
      if (present.some((person) => person.isHere && !file.rotten.has(person)))
        this.#counts.rebuiltColumns += this.#give(file, plan)
      this.#consider(file)
    })
  }

  #warn(file: SimFile, holders: readonly StandingHolder[]): void {
    const reachable = holders.filter(({ state }) => state === 'reachable')
    const isAtRisk = riskOf(this.#shape, reachable) !== undefined
    if (isAtRisk && !file.isWarned) this.#counts.warned++
    file.isWarned = isAtRisk
  }

  /** What one person holds counts no more; who is gone for good is forgotten whole. */
  #forget(person: Person): void {
    if (person.isGone) this.#people.delete(person.account)
    for (const file of person.files) {
      file.layout.delete(person)
      file.rotten.delete(person)
      if (!person.isGone) this.#checkLoss(file)
    }
  }

  #planRot(person: Person): void {
    const { rottingPerHour } = this.#init
    if (rottingPerHour === 0) return
    this.#time.after((-Math.log(1 - this.#random()) * hourMs) / rottingPerHour, () => {
      if (person.isGone) return
      for (const file of person.files) {
        if (!file.layout.has(person) || file.rotten.has(person)) continue
        file.rotten.add(person)
        this.#counts.rotted++
        this.#checkLoss(file)
      }
      this.#planRot(person)
    })
  }

  /** One person's audits that are due: by the product's schedule and samples (FI-65); a disk that lost a file has no piece of it. */
  #audit(person: Person): void {
    if (person.isGone) return
    this.#time.after(auditTickMs, () => this.#audit(person))
    if (!person.isHere) return
    const others = [...this.#people.values()].filter((other) => other !== person && other.isHere)
    const byAccount = new Map(others.map((other) => [other.account, other]))
    for (const account of person.audits.due(this.#time.now, byAccount.keys())) {
      const holder = byAccount.get(account)
      if (holder !== undefined) this.#challenge(person, holder)
    }
  }

  #challenge(person: Person, holder: Person): void {
    const files = new Map([...person.files].map((file) => [file.id, file]))
    const sample = person.audits.sample(
      [...files.values()].map(({ id, layout }) => {
        return { file: id, shards: layout.get(holder) ?? [], segments: 1, pieceBytes: columnBytes }
      }),
    )
    const file = sample === undefined ? undefined : files.get(sample.file)
    if (file === undefined || !file.rotten.has(holder)) return
    this.#counts.found++
    file.layout.delete(holder)
    file.rotten.delete(holder)
    this.#consider(file)
  }

  /** What holders really have. */
  #sound(file: SimFile): readonly (readonly [Person, readonly number[]])[] {
    return [...file.layout].filter(([person]) => !file.rotten.has(person))
  }

  /** Whoever is not here may come back, unless gone for good. */
  #checkLoss(file: SimFile): void {
    const left = this.#sound(file)
      .filter(([{ isGone }]) => !isGone)
      .flatMap(([, columns]) => columns)
    if (file.isLost || new Set(left).size >= this.#shape.k) return
    file.isLost = true
    this.#counts.lost++
    if (!file.isWarned) this.#counts.lostUnwarned++
  }

  #give(file: SimFile, offers: ReadonlyMap<AccountId, readonly number[]>): number {
    let given = 0
    for (const [account, columns] of offers) {
      const person = this.#people.get(account)
      if (person === undefined || !person.isHere) continue
      file.layout.set(person, [...new Set([...(file.layout.get(person) ?? []), ...columns])])
      person.files.add(file)
      given += columns.length
    }
    return given
  }

  #holders(file: SimFile): readonly StandingHolder[] {
    return [...file.layout].map(([{ account, state }, shards]) => ({ account, shards, state }))
  }

  #takers(): { candidates: readonly AccountId[]; weigh: (account: AccountId) => number } {
    const here = [...this.#people.values()].filter(({ state }) => state === 'reachable')
    return {
      candidates: here.map(({ account }) => account),
      weigh: (account) => {
        const since = this.#people.get(account)?.since ?? this.#time.now
        return placementWeight({ freeBytes: undefined, presentMs: this.#time.now - since })
      },
    }
  }
}

function columnsOf({ n }: CodeShape): readonly number[] {
  return Array.from({ length: n }, (_, i) => i)
}
