import type { TimelineEntry } from '../core/chat/index.ts'
import type { AccountId } from '../core/base/ids.ts'
import { isBetweenOthers } from './personal-entries.ts'
import { startOfDay } from './time-words.ts'

/** One row of the timeline as drawn. */
export type TimelineRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'entry'
      readonly key: string
      readonly entry: TimelineEntry
      /** True where the author's tile and name are drawn: first of a run by one person. */
      readonly isHead: boolean
    }

/** A run by one person ends after this pause: 5 minutes, the usual span of one thought in chats. */
const runPauseMs = 5 * 60_000

/**
 * Rows of a slice of the timeline as `self` sees them: day dividers, the new-messages line before `unreadKey`, runs by author.
 */
export function timelineRows(
  entries: readonly TimelineEntry[],
  unreadKey: string | undefined,
  self: AccountId,
): readonly TimelineRow[] {
  const rows: TimelineRow[] = []
  let previous: TimelineEntry | undefined
  for (const entry of entries) {
    // Told by the card of what was taken back.
    if (entry.body.kind === 'withdraw' || isBetweenOthers(entry, self)) continue
    const isNewDay = previous === undefined || startOfDay(previous.at) !== startOfDay(entry.at)
    const isUnread = entry.key === unreadKey
    if (isNewDay) rows.push({ kind: 'day', key: `day:${entry.key}`, at: entry.at })
    if (isUnread) rows.push({ kind: 'unread', key: `unread:${entry.key}` })
    const isHead = isNewDay || isUnread || !continuesRun(previous, entry)
    rows.push({ kind: 'entry', key: entry.key, entry, isHead })
    previous = entry
  }
  return rows
}

function continuesRun(previous: TimelineEntry | undefined, entry: TimelineEntry): boolean {
  if (previous === undefined) return false
  return (
    previous.author === entry.author &&
    previous.body.kind !== 'call' &&
    entry.body.kind !== 'call' &&
    entry.at - previous.at < runPauseMs
  )
}
