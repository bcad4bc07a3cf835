import type { Clock } from '../base/clock.ts'
import { errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { CesEngine, ManifestRecord } from '../ces/index.ts'
import type { Room } from '../room/index.ts'
import type { ShardStore } from '../storage/index.ts'
import type { Budget } from './budget.ts'
import type { ByteBucket } from './byte-bucket.ts'
import { maxHandingRounds, maxRepairsAtOnce, offerPauseMs } from './constants.ts'
import { RefusedError } from './errors.ts'
import type { KeptFile, Library } from './library.ts'
import { openManifest } from './manifests.ts'
import type { Offers } from './offers.ts'
import { planOffers } from './placement.ts'
import type { Presence } from './presence.ts'
import { columnBytesOf, rebuildColumns, type RebuildComponents } from './rebuild.ts'
import {
  countedLayout,
  planRepair,
  repairAt,
  repairLevel,
  type RepairPlan,
  type StandingHolder,
} from './repair-plan.ts'
import type { Layout } from './spread.ts'
import { Staging } from './staging.ts'
import type { Standing } from './standing.ts'

export interface RepairComponents {
  readonly room: Room
  readonly shards: ShardStore
  readonly clock: Clock
  readonly logger: Logger
  readonly engine: CesEngine
  readonly library: Library
  readonly presence: Presence
  readonly standing: Standing
  readonly offers: Offers
  readonly budget: Budget
  readonly bucket: ByteBucket
  readonly sources: RebuildComponents['sources']
  readonly isBlamed: RebuildComponents['isBlamed']
  readonly onBlame: RebuildComponents['onBlame']
  /** Columns were added to what is held here. */
  readonly onAdopted: (file: FileId) => Promise<void>
}

/** A need as it was first seen, and the timer for our turn. */
interface Need {
  readonly signature: string
  readonly since: number
  cancel: () => void
}

/**
 * Makes lost columns of files again whose owner is gone (FI-62 to FI-64). Every holder plans; the one whose turn it is rebuilds
 * into a staging place, from which those who are to hold the columns pull them.
 */
export class Repairer {
  readonly #components: RepairComponents
  readonly #needs = new Map<FileId, Need>()
  /** Files whose turn has come, and those being repaired. */
  readonly #due = new Set<FileId>()
  readonly #running = new Set<FileId>()
  readonly #pausedUntil = new Map<FileId, number>()
  readonly #stop = new AbortController()
  readonly #ended = new Set<Promise<void>>()

  constructor(components: RepairComponents) {
    this.#components = components
  }

  /** Ends all repairs and resolves once what they staged is gone. */
  async stop(): Promise<void> {
    this.#stop.abort()
    for (const file of this.#needs.keys()) this.forget(file)
    await Promise.all(this.#ended)
  }

  forget(file: FileId): void {
    this.#needs.get(file)?.cancel()
    this.#needs.delete(file)
    this.#due.delete(file)
  }

  considerAll(): void {
    for (const file of this.#components.library.files()) this.consider(file)
  }

  /** Looks whether a file needs repair, and when it is our turn. */
  consider(file: FileId): void {
    const { clock } = this.#components
    const kept = this.#components.library.get(file)
    if (this.#stop.signal.aborted || kept === undefined || this.#running.has(file)) return
    const plan = this.#plan(kept)
    if (plan === undefined) return this.forget(file)
    // Not who would take them: that changes with every minute somebody is here.
    const columns = [...plan.takers.values()].flat().sort((a, b) => a - b)
    const signature = JSON.stringify([plan.level, columns, plan.order])
    const known = this.#needs.get(file)
    if (known !== undefined && known.signature === signature) return
    known?.cancel()
    this.#due.delete(file)
    const since = clock.now()
    const columnBytes = kept.keptBytes / Math.max(1, kept.columns.length)
    const { account: self } = this.#components.room.self
    const at = repairAt({ plan, self, since, columnBytes, k: kept.shape.k })
    const need: Need = { signature, since, cancel: () => {} }
    this.#needs.set(file, need)
    if (at === undefined) return
    const startsAt = Math.max(at, this.#pausedUntil.get(file) ?? 0)
    if (startsAt < Infinity) need.cancel = clock.after(startsAt - since, () => this.#begin(file))
  }

  #plan({ id, shape, columns }: KeptFile): RepairPlan | undefined {
    const { presence, standing } = this.#components
    if (columns.length === 0 || !presence.isFirstTab() || standing.isOwnerServing(id)) return undefined
    return planRepair({
      ...{ file: id, shape, holders: this.#holders(id), candidates: this.#candidates(id) },
      weigh: (account) => standing.weigh(account),
    })
  }

  /** Who holds what, with what is on its way by other offers of ours. */
  #holders(file: FileId): readonly StandingHolder[] {
    const { standing, offers } = this.#components
    const pending = [...offers.pending(file)].map(([account, shards]) => ({ account, shards }))
    const coming = pending.map((holder) => ({ ...holder, state: 'reachable' as const }))
    return merged([...standing.holders(file), ...coming])
  }

  #candidates(file: FileId): readonly AccountId[] {
    const { standing, offers, room } = this.#components
    const able = standing.candidates(file).filter((account) => offers.mayAsk(file, account))
    return [room.self.account, ...able]
  }

  #begin(file: FileId): void {
    this.#due.add(file)
    if (this.#running.size < maxRepairsAtOnce) this.#next()
  }

  /** Repairs whichever due file has the least to lose. */
  #next(): void {
    const { library, standing, logger } = this.#components
    const due = [...this.#due].map((file) => {
      const present = standing.holders(file).filter(({ state }) => state === 'reachable')
      const k = library.get(file)?.shape.k ?? 1
      return { file, left: new Set(present.flatMap(({ shards }) => shards)).size - k }
    })
    const [first] = due.sort((a, b) => a.left - b.left)
    if (first === undefined || this.#stop.signal.aborted) return
    const { file } = first
    this.#due.delete(file)
    this.#needs.delete(file)
    this.#running.add(file)
    const work = this.#repair(file)
      .catch((error: unknown) => {
        this.#pause(file, error)
        if (!isAbort(error)) logger('info', 'repair failed', { file, error: errorName(error) })
      })
      .finally(() => {
        this.#running.delete(file)
        this.#ended.delete(work)
        this.consider(file)
        if (this.#running.size < maxRepairsAtOnce) this.#next()
      })
    this.#ended.add(work)
    work.catch((error: unknown) => logger('error', 'repair broke', { error: errorName(error) }))
  }

  async #repair(file: FileId): Promise<void> {
    const { library, budget } = this.#components
    const kept = library.get(file)
    const bytes = await library.manifest(file)
    if (kept === undefined || bytes === undefined) return
    const plan = this.#plan(kept) // things may have changed while it waited
    if (plan === undefined) return
    const record = openManifest(file, bytes)
    const columnBytes = columnBytesOf(record.manifest)
    const { takers, release } = await fittingTakers(budget, plan.takers, columnBytes)
    try {
      await this.#hand(record, takers, columnBytes)
    } finally {
      release()
    }
  }

  /** Rebuilds the columns and gives them to their takers; those that are refused, to others. */
  async #hand(record: ManifestRecord, takers: Layout, columnBytes: number): Promise<void> {
    const { id, manifest } = record
    const columns = [...takers.values()].flat()
    const staging = await Staging.open(this.#components, record, columns)
    try {
      const { writer } = staging
      await rebuildColumns(this.#components, { record, columns, writer, signal: this.#stop.signal })
      let given = takers
      for (let round = 0; round < maxHandingRounds && given.size > 0; round++) {
        const offerable = await this.#giveAll(record, staging, given, columnBytes)
        const holders = this.#holders(id)
        const assigned = countedLayout(repairLevel(manifest.code, holders), holders)
        const candidates = this.#candidates(id)
        given = planOffers({ file: id, shape: manifest.code, offerable, assigned, candidates })
      }
    } finally {
      await staging.close()
    }
  }

  /**
   * First to those who hold nothing yet, then to the others: seen half done the other way round, columns would be spread once more.
   * Returns those that were not kept.
   */
  async #giveAll(
    record: ManifestRecord,
    staging: Staging,
    given: Layout,
    columnBytes: number,
  ): Promise<readonly number[]> {
    const holding = new Set(this.#holders(record.id).map(({ account }) => account))
    const left: number[] = []
    for (const isHolder of [false, true]) {
      const turn = [...given].filter(([account]) => holding.has(account) === isHolder)
      const isKept = await Promise.all(
        turn.map(([account, columns]) => this.#give(record, staging, account, columns, columnBytes)),
      )
      left.push(...turn.filter((_, i) => isKept[i] === false).flatMap(([, columns]) => columns))
    }
    return left
  }

  async #give(
    { id, manifest }: ManifestRecord,
    staging: Staging,
    account: AccountId,
    columns: readonly number[],
    columnBytes: number,
  ): Promise<boolean> {
    const { presence, offers, room, onAdopted } = this.#components
    if (account === room.self.account) {
      await staging.adopt(columns, manifest.segments.length)
      await onAdopted(id)
      return true
    }
    const peer = presence.direct().get(account)
    if (peer === undefined) return false
    return await offers.make({ file: id, account, peer, columns, columnBytes }, this.#stop.signal)
  }

  /** A repair that failed is not begun again at once; one that nobody can make, not at all. */
  #pause(file: FileId, error: unknown): void {
    const isFinal = errorName(error) === 'CorruptFileError'
    this.#pausedUntil.set(file, isFinal ? Infinity : this.#components.clock.now() + offerPauseMs)
  }
}

/** One entry for each account, with all its columns. */
function merged(holders: readonly StandingHolder[]): readonly StandingHolder[] {
  const byAccount = new Map<AccountId, StandingHolder>()
  for (const holder of holders) {
    const known = byAccount.get(holder.account)
    const shards = [...new Set([...(known?.shards ?? []), ...holder.shards])]
    byAccount.set(holder.account, { ...(known ?? holder), shards })
  }
  return [...byAccount.values()]
}

/** As many of the planned columns as this device has room to stage. Throws `RefusedError` when not even one fits. */
async function fittingTakers(
  budget: Budget,
  planned: Layout,
  columnBytes: number,
): Promise<{ readonly takers: Layout; readonly release: () => void }> {
  const all = [...planned].flatMap(([account, columns]) =>
    columns.map((column) => [account, column] as const),
  )
  for (let count = all.length; ; count--) {
    const takers = new Map<AccountId, number[]>()
    for (const [account, column] of all.slice(0, count)) {
      takers.set(account, [...(takers.get(account) ?? []), column])
    }
    try {
      return { takers, release: await budget.reserve(count * columnBytes) }
    } catch (error) {
      if (!(error instanceof RefusedError) || count <= 1) throw error
    }
  }
}
