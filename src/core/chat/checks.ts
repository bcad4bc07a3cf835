import type { VerifySignature } from '../identity/index.ts'
import { checksPerSlice } from './constants.ts'
import { checkSignature, type LogEntry } from './entry.ts'

/** How signatures are checked in bounded slices, shared by live intake and catch-up. */
export interface Checks {
  readonly verify: VerifySignature
  /** Gives the event loop a turn. */
  readonly breathe: () => Promise<void>
}

/**
 * Checks signatures, some side by side, with a turn for the event loop after each slice (SPEC CH-9). Entries before the
 * first bad one are given back with its error.
 */
export async function checkSignatures(
  entries: readonly LogEntry[],
  { verify, breathe }: Checks,
): Promise<{ readonly good: readonly LogEntry[]; readonly error: unknown }> {
  for (let i = 0; i < entries.length; i += checksPerSlice) {
    const slice = entries.slice(i, i + checksPerSlice)
    const results = await Promise.allSettled(slice.map((entry) => checkSignature(entry, verify)))
    const bad = results.findIndex(({ status }) => status === 'rejected')
    const result = results[bad]
    if (result?.status === 'rejected') return { good: entries.slice(0, i + bad), error: result.reason }
    await breathe()
  }
  return { good: entries, error: undefined }
}
