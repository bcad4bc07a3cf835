import { errorName, isAbort } from '../base/errors.ts'
import type { AccountId, FileId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { HandOver } from './index.ts'
import type { KeptFile, Library } from './library.ts'
import type { Offers } from './offers.ts'
import { planOffers } from './placement.ts'
import type { Presence } from './presence.ts'
import { countedLayout } from './repair-plan.ts'
import type { Standing } from './standing.ts'

export interface HandOverComponents {
  readonly self: AccountId
  readonly logger: Logger
  readonly presence: Presence
  readonly library: Library
  readonly standing: Standing
  readonly offers: Offers
}

/**
 * Gives what only we hold to others before we go (FI-66): planned as if we were gone already. One round of offers, each file once;
 * whoever refuses is not replaced, since there is little time.
 */
export async function handOver(components: HandOverComponents, signal?: AbortSignal): Promise<HandOver> {
  const { presence, library, logger } = components
  if (!presence.isFirstTab() || presence.direct().size === 0) return { placed: 0, left: leftOf(components) }
  let placed = 0
  const work = library.files().map(async (file) => {
    const kept = library.get(file)
    if (kept !== undefined) placed += await handOne(components, kept, signal)
  })
  for (const end of await Promise.allSettled(work)) {
    if (end.status === 'rejected' && !isAbort(end.reason)) {
      logger('warn', 'handing over failed', { error: errorName(end.reason) })
    }
  }
  return { placed, left: leftOf(components) }
}

/** Columns of one file that found a new holder. */
async function handOne(
  { self, presence, standing, offers }: HandOverComponents,
  kept: KeptFile,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { id: file, shape, columns } = kept
  if (columns.length === 0) return 0
  const others = standing.holders(file).filter(({ account }) => account !== self)
  const assigned = new Map(countedLayout('urgent', others))
  for (const [account, pending] of offers.pending(file)) {
    assigned.set(account, [...new Set([...(assigned.get(account) ?? []), ...pending])])
  }
  const planned = planOffers({
    ...{ file, shape, offerable: columns, assigned },
    candidates: standing.candidates(file).filter((account) => offers.mayAsk(file, account)),
    weigh: (account) => standing.weigh(account),
  })
  const direct = presence.direct()
  const columnBytes = Math.ceil(kept.keptBytes / columns.length)
  const given = await Promise.all(
    [...planned].map(async ([account, shards]) => {
      const peer = direct.get(account)
      if (peer === undefined) return 0
      const isKept = await offers.make({ file, account, peer, columns: shards, columnBytes }, signal)
      return isKept ? shards.length : 0
    }),
  )
  return given.reduce((sum, count) => sum + count, 0)
}

/** Files of which columns would be within nobody's reach without us. */
function leftOf({ self, library, standing }: HandOverComponents): readonly FileId[] {
  return library.files().filter((file) => {
    const others = standing
      .holders(file)
      .filter(({ account, state }) => account !== self && state === 'reachable')
    const held = new Set(others.flatMap(({ shards }) => shards))
    return (library.get(file)?.columns ?? []).some((column) => !held.has(column))
  })
}
