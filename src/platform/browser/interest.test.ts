import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import { firstInterest } from './interest.ts'

function watched(clock: ManualClock, page: EventTarget): () => boolean {
  let isInterested = false
  void firstInterest(page, clock).then(() => (isInterested = true))
  return () => isInterested
}

describe('the first interest in a page', () => {
  it.each(['pointermove', 'touchstart', 'keydown', 'paste', 'dragenter'])('is a %s', async (sign) => {
    const page = new EventTarget()
    const isInterested = watched(new ManualClock(), page)
    page.dispatchEvent(new Event('load'))
    await Promise.resolve()
    expect(isInterested()).toBe(false)
    page.dispatchEvent(new Event(sign))
    await Promise.resolve()
    expect(isInterested()).toBe(true)
  })

  it('is taken for granted after five seconds', async () => {
    const clock = new ManualClock()
    const isInterested = watched(clock, new EventTarget())
    await clock.advance(4_999)
    expect(isInterested()).toBe(false)
    await clock.advance(1)
    expect(isInterested()).toBe(true)
  })
})
