import { StorageError } from './errors.ts'
import type { StoredEntry } from './index.ts'

/** Throws `StorageError` unless the entries are one author's and follow one another (SPEC ST-2). */
export function checkRun(entries: readonly StoredEntry[]): void {
  const [first] = entries
  for (const [i, { author, seq }] of entries.entries()) {
    if (author === first?.author && seq === first.seq + i) continue
    throw new StorageError(`expected entries of one log that follow one another, got position ${seq}`)
  }
}
