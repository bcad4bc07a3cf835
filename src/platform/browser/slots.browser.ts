import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { firstUnkeptSlot, type SlotLocks } from '../../core/identity/index.ts'
import { WebLockSlots } from './slots.ts'

/** Claims a slot and gives it back when the test ends. */
async function claim(slots: SlotLocks, preferred?: number): ReturnType<SlotLocks['claim']> {
  const claimed = await slots.claim(preferred)
  onTestFinished(() => claimed.release())
  return claimed
}

const heldOrAsked = async (slot: number) => {
  const { held = [], pending = [] } = await navigator.locks.query()
  const named = (locks: LockInfo[]) =>
    locks.filter(({ name }) => name === `tessera-slot-${String(slot)}`).length
  return { held: named(held), pending: named(pending) }
}

beforeEach(async () => {
  sessionStorage.clear()
  // A released lock, or that of a frame that was removed, is free some turns later.
  await vi.waitFor(async () => expect((await navigator.locks.query()).held).toEqual([]))
})

describe('tab slots by Web Locks', () => {
  it('ID-2 each live tab has its own slot, the lowest free one, and a freed slot is given again', async () => {
    const slots = new WebLockSlots()
    const first = await claim(slots)
    sessionStorage.clear()
    const second = await claim(slots)
    expect([first.slot, second.slot]).toEqual([0, 1])
    first.release()
    sessionStorage.clear()
    await vi.waitFor(async () => expect((await heldOrAsked(0)).held).toBe(0))
    expect((await claim(slots)).slot).toBe(0)
  })
  it('ID-2 a tab gets the slot it remembers, though a lower one is free', async () => {
    sessionStorage.setItem('tessera-slot', '7')
    expect((await claim(new WebLockSlots())).slot).toBe(7)
  })
  it('ID-2 a duplicated tab, which remembers a slot that is taken, gets another and remembers that', async () => {
    const slots = new WebLockSlots()
    const original = await claim(slots)
    const duplicate = await claim(slots)
    expect(duplicate.slot).not.toBe(original.slot)
    expect(sessionStorage.getItem('tessera-slot')).toBe(String(duplicate.slot))
  })
  it.each(['-1', '1.5', '256', '1e9', 'x', ''])(
    'ID-2 a remembered slot "%s" that was never given is passed over',
    async (text) => {
      sessionStorage.setItem('tessera-slot', text)
      expect((await claim(new WebLockSlots())).slot).toBe(0)
    },
  )
  it('ID-2 a preferred slot may be asked for', async () => {
    expect((await claim(new WebLockSlots(), 5)).slot).toBe(5)
  })
  it('ID-2 many tabs that open at once have as many slots', async () => {
    const slots = new WebLockSlots()
    const claims = await Promise.all(Array.from({ length: 12 }, () => claim(slots)))
    expect(new Set(claims.map(({ slot }) => slot)).size).toBe(12)
  })
  it('ID-6 without locks, or with none left, a tab gets a random slot that is not remembered', async () => {
    const none = {
      request: () => Promise.reject(new DOMException('no', 'SecurityError')),
    } as unknown as LockManager
    const claims = [await claim(new WebLockSlots(none)), await claim(new WebLockSlots(none))]
    for (const { slot } of claims) expect(slot).toBeGreaterThanOrEqual(firstUnkeptSlot)
    expect(claims[0]?.slot).not.toBe(claims[1]?.slot)
    expect(sessionStorage.getItem('tessera-slot')).toBeNull()
  })
})

describe('tab slots in a document that is loaded again', () => {
  it('ID-2 a reloaded tab comes back to its slot', async () => {
    const tab = await openDocument()
    expect(await tab.claim()).toBe(0)
    await tab.reload()
    expect(await tab.claim()).toBe(0)
  })
  it('ID-2 a reloaded tab waits for its old document to let go of the slot', async () => {
    const tab = await openDocument()
    sessionStorage.setItem('tessera-slot', '3')
    await tab.reload()
    const old = await claim(new WebLockSlots(), 3)
    const coming = tab.claim()
    await vi.waitFor(async () => expect((await heldOrAsked(3)).pending).toBe(1))
    old.release()
    expect(await coming).toBe(3)
  })
  it('ID-2 a reloaded tab whose slot is never let go becomes another peer after a second', async () => {
    const tab = await openDocument()
    sessionStorage.setItem('tessera-slot', '3')
    await tab.reload()
    await claim(new WebLockSlots(), 3)
    const before = performance.now()
    expect(await tab.claim()).toBe(0)
    expect(performance.now() - before).toBeGreaterThan(900)
  })
})

/** A document of this origin with its own lifetime, in a frame; it shares sessionStorage with this page as a reload does. */
async function openDocument(): Promise<{ claim(): Promise<number>; reload(): Promise<void> }> {
  const url = URL.createObjectURL(new Blob(['<!doctype html><title>tab</title>'], { type: 'text/html' }))
  const frame = document.createElement('iframe')
  const loaded = () =>
    new Promise<void>((resolve) => frame.addEventListener('load', () => resolve(), { once: true }))
  onTestFinished(() => {
    frame.remove()
    URL.revokeObjectURL(url)
  })
  const first = loaded()
  frame.src = url
  document.body.append(frame)
  await first
  const script = `
    import { WebLockSlots } from ${JSON.stringify(new URL('./slots.ts', import.meta.url).href)}
    const { slot } = await new WebLockSlots().claim()
    parent.postMessage({ slot }, '*')`
  return {
    claim: () =>
      new Promise((resolve) => {
        const onMessage = ({ data, source }: MessageEvent<{ slot?: number }>): void => {
          if (source !== frame.contentWindow || data.slot === undefined) return
          removeEventListener('message', onMessage)
          resolve(data.slot)
        }
        addEventListener('message', onMessage)
        const element = document.createElement('script')
        element.type = 'module'
        element.textContent = script
        frame.contentDocument?.head.append(element)
      }),
    reload: async () => {
      const again = loaded()
      frame.contentWindow?.location.reload()
      await again
    },
  }
}
