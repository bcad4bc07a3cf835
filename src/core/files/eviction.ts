import { errorName } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import { survivable } from './durability.ts'
import { Gate } from './gate.ts'
import type { Holdings } from './holdings.ts'
import type { Library } from './library.ts'
import type { Presence } from './presence.ts'

/** Losses that a file must survive without what is here before it is let go unasked: one, as for "safe to close" (FI-17). */
const leastSpare = 1

/** A file kept here, as far as letting go of it is concerned. */
export interface EvictionCandidate {
  readonly id: FileId
  readonly keptBytes: number
  /** How many of the reachable others may be lost before the file is, when nothing of it is here any more; −1 when it would be lost at once. */
  readonly spare: number
  readonly own: boolean
  /** ms since the epoch. */
  readonly addedAt: number
}

/** What to let go of. */
export interface EvictionPlan {
  /** Files that others hold well enough, least needed first; none when they would not be enough. */
  readonly free: readonly FileId[]
  readonly freedBytes: number
}

/**
 * Chooses what to let go of for `neededBytes` (FI-80, FI-81): the files that survive most losses first, others' before one's own,
 * older before newer. A file that is needed here is never chosen, and none at all when the rest is not enough.
 *
 * @param least losses that a file must survive to be chosen; −1 chooses needed ones too, for a person to be asked
 */
export function planEviction(
  candidates: readonly EvictionCandidate[],
  neededBytes: number,
  least = leastSpare,
): EvictionPlan {
  const order = candidates
    .filter(({ spare, keptBytes }) => spare >= least && keptBytes > 0)
    .sort((a, b) => b.spare - a.spare || Number(a.own) - Number(b.own) || a.addedAt - b.addedAt)
  const chosen: EvictionCandidate[] = []
  let freedBytes = 0
  for (const candidate of order) {
    if (freedBytes >= neededBytes) break
    chosen.push(candidate)
    freedBytes += candidate.keptBytes
  }
  if (freedBytes < neededBytes) return { free: [], freedBytes: 0 }
  // What a later, larger one has made superfluous stays; the most needed ones first.
  const free = [...chosen]
  for (const candidate of chosen.toReversed()) {
    if (freedBytes - candidate.keptBytes < neededBytes) continue
    free.splice(free.indexOf(candidate), 1)
    freedBytes -= candidate.keptBytes
  }
  return { free: free.map(({ id }) => id), freedBytes }
}

/** How room is made. */
export interface MakeRoomOptions {
  /** Stays, whatever happens. */
  readonly except?: FileId
  /** Whether files may go that are needed here: a person is asked. Without it they stay. */
  readonly mayTake?: (needed: readonly EvictionCandidate[]) => Promise<boolean>
}

export interface EvictorComponents {
  readonly library: Library
  readonly holdings: Holdings
  readonly presence: Presence
  readonly self: AccountId
  readonly logger: Logger
  readonly isBlamed: (file: FileId, account: AccountId) => boolean
  /** Whether a transfer of it runs, or it is being read, just now. */
  readonly isInUse: (file: FileId) => boolean
  /** Removes a file here and tells the others that it is no longer held. */
  readonly release: (file: FileId) => Promise<void>
}

/** Makes room for a person's own share from files of this room that others hold well enough. */
export class Evictor {
  readonly #components: EvictorComponents
  /** One at a time: two shares must not count on the same room, nor let go of both halves of a file's last copies. */
  readonly #gate = new Gate(1)

  constructor(components: EvictorComponents) {
    this.#components = components
  }

  /**
   * Lets go of least needed files until `neededBytes` are free, of none when that cannot be reached without those that a person does not
   * give. Returns the bytes freed. A file that cannot be removed stays, and is not counted.
   */
  async makeRoom(neededBytes: number, { except, mayTake }: MakeRoomOptions = {}): Promise<number> {
    if (neededBytes <= 0) return 0
    return await this.#gate.run(async () => {
      const candidates = this.#candidates(except)
      const unasked = planEviction(candidates, neededBytes)
      if (unasked.freedBytes > 0) return await this.#release(unasked.free, new Set())
      const { free } = mayTake === undefined ? unasked : planEviction(candidates, neededBytes, -1)
      if (mayTake === undefined || free.length === 0) return 0
      const needed = candidates.filter(({ id, spare }) => free.includes(id) && spare < leastSpare)
      if (!(await mayTake(needed))) return 0
      return await this.#release(free, new Set(needed.map(({ id }) => id)))
    })
  }

  /** @param given needed ones that a person has given */
  async #release(free: readonly FileId[], given: ReadonlySet<FileId>): Promise<number> {
    const { release, logger } = this.#components
    let freedBytes = 0
    for (const id of free) {
      // Holders may have left while the one before was removed, or while a person thought about it.
      const candidate = this.#candidate(id)
      if (candidate === undefined || this.#isBusy(id)) continue
      if (candidate.spare < leastSpare && !given.has(id)) continue
      try {
        await release(id)
        freedBytes += candidate.keptBytes
      } catch (error) {
        logger('warn', 'a file was not let go', { file: id, error: errorName(error) })
      }
    }
    return freedBytes
  }

  #candidates(except: FileId | undefined): readonly EvictionCandidate[] {
    const free = this.#components.library.files().filter((id) => id !== except && !this.#isBusy(id))
    return free.flatMap((id) => this.#candidate(id) ?? [])
  }

  #isBusy(id: FileId): boolean {
    const { library, isInUse } = this.#components
    return library.writing.has(id) || isInUse(id)
  }

  #candidate(id: FileId): EvictionCandidate | undefined {
    const { library, holdings, presence, self, isBlamed } = this.#components
    const kept = library.get(id)
    if (kept === undefined) return undefined
    const others = holdings
      .of(id)
      .filter(({ account }) => account !== self && presence.reachable(account) && !isBlamed(id, account))
      .map(({ shards }) => new Set(shards.filter((shard) => shard < kept.shape.n)))
    const { keptBytes, own, addedAt } = kept
    return { id, keptBytes, own, addedAt, spare: survivable(kept.shape, others) }
  }
}
