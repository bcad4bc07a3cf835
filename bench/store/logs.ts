import type { AccountId, EntryId, RoomId } from '../../src/core/base/ids.ts'
import type { StoredEntry } from '../../src/core/storage/index.ts'
import { openBrowserStorage } from '../../src/platform/browser/storage.ts'

/** A short text with its envelope and signature. */
const entryBytes = 260

/** What storing a history cost, in ms for each entry. */
export interface LogFigures {
  readonly singleMs: number
  readonly runMs: number
}

function history(author: AccountId, count: number): StoredEntry[] {
  return Array.from({ length: count }, (_, seq) => ({
    author,
    seq,
    id: `${author}-${String(seq)}` as EntryId,
    bytes: crypto.getRandomValues(new Uint8Array(entryBytes)),
  }))
}

/**
 * Stores a history through the real adapter: entry by entry, as before, and in runs, as catch-up does now.
 *
 * @param counts entries stored singly, entries stored in runs, and the length of a run
 */
export async function appendLogs(counts: {
  readonly singles: number
  readonly inRuns: number
  readonly run: number
}): Promise<LogFigures> {
  const room = 'bench' as RoomId
  const { logs, close } = await openBrowserStorage({ name: `logs-${crypto.randomUUID()}` })
  const one = history('one' as AccountId, counts.singles)
  const beforeSingles = performance.now()
  for (const [i, entry] of one.entries()) await logs.append(room, entry, one[i - 1]?.id)
  const singleMs = (performance.now() - beforeSingles) / counts.singles
  const two = history('two' as AccountId, counts.inRuns)
  const beforeRuns = performance.now()
  for (let from = 0; from < two.length; from += counts.run)
    await logs.appendAll(room, two.slice(from, from + counts.run), two[from - 1]?.id)
  const runMs = (performance.now() - beforeRuns) / counts.inRuns
  const kept = await logs.range(room, 'two' as AccountId, 0, counts.inRuns)
  close()
  if (kept.length !== counts.inRuns) throw new Error('the history is not all there')
  return { singleMs, runMs }
}
