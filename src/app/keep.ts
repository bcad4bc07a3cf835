import type { Keep } from './shell-ports.ts'

/** Longest value kept: drafts are messages, and those end at 64 KiB. */
const maxValueChars = 70_000

/** The browser's local storage under a prefix; where it is forbidden or full, values are simply not kept. */
export function browserKeep(storage: () => Storage, prefix = 'tessera:'): Keep {
  const attempt = <T>(action: (storage: Storage) => T): T | undefined => {
    try {
      return action(storage())
    } catch {
      // SecurityError with cookies blocked, QuotaExceededError when full: keeping is a comfort, never a need.
      return undefined
    }
  }
  return {
    get: (key) => attempt((s) => s.getItem(prefix + key)) ?? undefined,
    set: (key, value) => {
      if (value.length <= maxValueChars) attempt((s) => s.setItem(prefix + key, value))
    },
    delete: (key) => void attempt((s) => s.removeItem(prefix + key)),
  }
}

/** Values kept for this page only. */
export function memoryKeep(): Keep {
  const values = new Map<string, string>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
  }
}

/** Where a room's draft is kept. */
export function draftKey(room: string): string {
  return `draft:${room}`
}

/** Where a room's past transfers are kept. */
export function historyKey(room: string): string {
  return `history:${room}`
}
