import { systemRandom } from '../../core/base/clock.ts'
import { firstUnkeptSlot, type SlotLocks } from '../../core/identity/index.ts'

const preferredKey = 'tessera-slot'

/** Tabs of one profile that get a slot of their own; more get one for a visit. Each slot costs one stored key. */
const maxSlots = 256

/** How long a reloaded tab waits for its old document to let go of the slot, in ms. It usually has within 50 ms. */
const reloadWaitMs = 1_000

interface Claim {
  readonly slot: number
  release(): void
}

/**
 * Slots by Web Locks: a lock lives as long as its document, so a crashed tab frees its slot. A reloaded tab asks for the slot
 * it had; a duplicated one (which copies sessionStorage) finds that lock taken and gets another (SPEC ID-2).
 */
export class WebLockSlots implements SlotLocks {
  readonly #locks: LockManager | undefined

  /** @param locks the browser's; undefined outside a secure context and in old engines (SPEC ID-6) */
  constructor(locks: LockManager | undefined = 'locks' in navigator ? navigator.locks : undefined) {
    this.#locks = locks
  }

  async claim(preferred = remembered()): Promise<Claim> {
    const locks = this.#locks
    if (locks === undefined) return slotOfOneVisit()
    if (isSlot(preferred)) {
      const claim = await hold(locks, preferred, isReload() ? AbortSignal.timeout(reloadWaitMs) : undefined)
      if (claim !== undefined) return claim
    }
    for (let slot = 0; slot < maxSlots; slot++) {
      const claim = await hold(locks, slot)
      if (claim !== undefined) return claim
    }
    return slotOfOneVisit()
  }
}

/** Takes a slot's lock for good, or gives undefined when another tab has it (still, when `patience` ends). */
async function hold(locks: LockManager, slot: number, patience?: AbortSignal): Promise<Claim | undefined> {
  const options = patience === undefined ? { ifAvailable: true } : { signal: patience }
  const claim = await new Promise<Claim | undefined>((resolve) => {
    locks
      .request(`tessera-slot-${String(slot)}`, options, async (lock) => {
        if (lock === null) return resolve(undefined)
        await new Promise<void>((release) => resolve({ slot, release }))
      })
      .catch(() => resolve(undefined)) // the wait ended, or this document may hold no locks
  })
  if (claim !== undefined) remember(slot)
  return claim
}

function slotOfOneVisit(): Claim {
  const random = new DataView(systemRandom(4).buffer).getUint32(0)
  return { slot: firstUnkeptSlot + random, release: () => undefined }
}

function isSlot(slot: number | undefined): slot is number {
  return Number.isInteger(slot) && slot !== undefined && slot >= 0 && slot < maxSlots
}

function isReload(): boolean {
  const [entry] = performance.getEntriesByType('navigation')
  return (
    entry instanceof PerformanceNavigationTiming && (entry.type === 'reload' || entry.type === 'back_forward')
  )
}

/** The slot this tab had before. A person may have forbidden the page its storage, which then throws. */
function remembered(): number | undefined {
  try {
    return Number(sessionStorage.getItem(preferredKey) ?? NaN)
  } catch {
    return undefined // as on a first visit
  }
}

function remember(slot: number): void {
  try {
    sessionStorage.setItem(preferredKey, String(slot))
  } catch {
    // The tab will be another peer after a reload.
  }
}
