import { errorName } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { KeptFile, Library } from './library.ts'
import type { Offers } from './offers.ts'
import { planOffers, ranked } from './placement.ts'
import type { Presence } from './presence.ts'
import { countedLayout, repairLevel } from './repair-plan.ts'
import type { Layout } from './spread.ts'
import type { Standing } from './standing.ts'

export interface ReplicateComponents {
  readonly self: AccountId
  readonly logger: Logger
  readonly presence: Presence
  readonly library: Library
  readonly standing: Standing
  readonly offers: Offers
  readonly ownerOf: (file: FileId) => AccountId | undefined
}

/**
 * Sees that each file kept here has its columns on other accounts (FI-11, FI-12): the owner offers while it is here;
 * without it, of those who hold a column, the one that rendezvous order names.
 */
export class Replicator {
  readonly #components: ReplicateComponents
  #isStopped = false

  constructor(components: ReplicateComponents) {
    this.#components = components
  }

  stop(): void {
    this.#isStopped = true
  }

  considerAll(): void {
    for (const file of this.#components.library.files()) this.consider(file)
  }

  /** Starts the offers that one file needs now, if they are ours to make. */
  consider(file: FileId): void {
    const { library, presence, standing, offers } = this.#components
    const kept = library.get(file)
    if (this.#isStopped || kept === undefined || kept.columns.length === 0) return
    if (!presence.isFirstTab()) return
    const offerable = this.#offerable(kept)
    if (offerable.length === 0) return
    const direct = presence.direct()
    const planned = planOffers({
      ...{ file, shape: kept.shape, offerable, assigned: this.#assigned(kept) },
      candidates: standing.candidates(file).filter((account) => offers.mayAsk(file, account)),
      weigh: (account) => standing.weigh(account),
    })
    for (const [account, columns] of planned) {
      const peer = direct.get(account)
      if (peer === undefined) continue
      const columnBytes = Math.ceil(kept.keptBytes / Math.max(1, kept.columns.length))
      offers
        .make({ file, account, peer, columns, columnBytes })
        .then(() => this.consider(file))
        .catch((error: unknown) => {
          this.#components.logger('error', 'placement failed', { error: errorName(error) })
        })
    }
  }

  /** Columns that are ours to offer: all of the owner's; of an orphan's, those for which we are first among its holders. */
  #offerable(kept: KeptFile): readonly number[] {
    const { self, standing, ownerOf } = this.#components
    if (ownerOf(kept.id) === self) return kept.columns
    if (standing.isOwnerServing(kept.id)) return []
    const present = standing.holders(kept.id).filter(({ state }) => state === 'reachable')
    return kept.columns.filter((shard) => {
      const able = present.filter(({ shards }) => shards.includes(shard)).map(({ account }) => account)
      return ranked(kept.id, able)[0] === self
    })
  }

  /** Columns that count as placed, those on their way included. */
  #assigned(kept: KeptFile): Layout {
    const { standing, offers } = this.#components
    const holders = standing.holders(kept.id)
    const assigned = new Map(countedLayout(repairLevel(kept.shape, holders), holders))
    for (const [account, shards] of offers.pending(kept.id)) {
      assigned.set(account, [...new Set([...(assigned.get(account) ?? []), ...shards])])
    }
    return assigned
  }
}
