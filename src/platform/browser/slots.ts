import type { SlotLocks } from '../../core/identity/index.ts'

const preferredKey = 'tessera-slot'

/** Live tabs of one profile; more share nothing and simply find no slot below. */
const maxSlots = 256

/** How long a reloaded tab waits for its old document to let go of the slot. */
const reloadWaitMs = 1_000

/**
 * Slots by Web Locks: a lock lives as long as its document, so a crashed tab frees its slot. A reloaded tab asks for the slot
 * it had; a duplicated one (which copies sessionStorage) finds that lock taken and gets another.
 */
export class WebLockSlots implements SlotLocks {
  async claim(): Promise<{ readonly slot: number; release(): void }> {
    if (!('locks' in navigator))
      return { slot: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0, release: () => undefined }
    const preferred = Number(sessionStorage.getItem(preferredKey) ?? NaN)
    if (Number.isInteger(preferred)) {
      const release = await hold(preferred, isReload() ? AbortSignal.timeout(reloadWaitMs) : undefined)
      if (release !== undefined) return { slot: preferred, release }
    }
    for (let slot = 0; slot < maxSlots; slot++) {
      const release = await hold(slot)
      if (release === undefined) continue
      sessionStorage.setItem(preferredKey, String(slot))
      return { slot, release }
    }
    throw new Error(`more than ${maxSlots} tabs are open`)
  }
}

function isReload(): boolean {
  const [entry] = performance.getEntriesByType('navigation')
  return (
    entry instanceof PerformanceNavigationTiming && (entry.type === 'reload' || entry.type === 'back_forward')
  )
}

/** Takes a slot's lock for good, or gives undefined when another tab has it (still, when `patience` ends). */
async function hold(slot: number, patience?: AbortSignal): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    const options = patience === undefined ? { ifAvailable: true } : { signal: patience }
    navigator.locks
      .request(`tessera-slot-${slot}`, options, (lock) => {
        if (lock === null) {
          resolve(undefined)
          return undefined
        }
        return new Promise<void>((release) => resolve(() => release()))
      })
      .catch(() => resolve(undefined)) // the wait ended
  })
}
