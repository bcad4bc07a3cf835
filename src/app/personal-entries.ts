import type { AccountId } from '../core/base/ids.ts'
import type { TimelineEntry } from '../core/chat/index.ts'

/** Whether an entry is for one person and neither by nor for us: nothing of it is shown. */
export function isBetweenOthers({ body, own }: TimelineEntry, self: AccountId): boolean {
  return body.kind === 'personal' && !own && body.to !== self
}

/** Who has an entry, of those it is meant for: that others carry what they cannot open says nothing. */
export function reachedBy({ body, deliveredTo }: TimelineEntry): readonly AccountId[] {
  return body.kind === 'personal' ? deliveredTo.filter((account) => account === body.to) : deliveredTo
}
