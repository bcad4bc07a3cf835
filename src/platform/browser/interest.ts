import type { Clock } from '../../core/base/clock.ts'

/** What someone does who is about to do something. */
const signs = ['pointermove', 'pointerdown', 'touchstart', 'keydown', 'wheel', 'dragenter', 'paste'] as const

/** Whoever reads this long stays. */
const readingMs = 5_000

/** Resolves at the first sign that someone wants more of a page than to look at it, or after five seconds of looking. */
export function firstInterest(page: EventTarget, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stop = new AbortController()
    const done = (): void => {
      stop.abort()
      cancel()
      resolve()
    }
    const cancel = clock.after(readingMs, done)
    for (const sign of signs) page.addEventListener(sign, done, { passive: true, signal: stop.signal })
  })
}
