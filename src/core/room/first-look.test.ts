import { describe, expect, it } from 'vitest'
import { ManualClock } from '../base/testing/manual-clock.ts'
import { firstLookMs } from './constants.ts'
import { FirstLook } from './first-look.ts'

function look(): {
  firstLook: FirstLook
  clock: ManualClock
  known: { hasTried: boolean }[]
  ends: number[]
} {
  const clock = new ManualClock()
  const known: { hasTried: boolean }[] = []
  const ends: number[] = []
  const firstLook = new FirstLook({
    clock,
    hasTriedAll: () => known.every(({ hasTried }) => hasTried),
    onOver: () => void ends.push(clock.now()),
  })
  return { firstLook, clock, known, ends }
}

describe('the first look around', () => {
  it('RO-12 is over at once when the relays know nobody, and only once', () => {
    const { firstLook, ends } = look()
    firstLook.tried()
    expect(firstLook.isOver).toBe(false)
    firstLook.asked()
    firstLook.asked()
    firstLook.tried()
    expect([firstLook.isOver, ends.length]).toEqual([true, 1])
  })

  it('RO-12 waits until everyone known was tried', () => {
    const { firstLook, known, ends } = look()
    known.push({ hasTried: true }, { hasTried: false })
    firstLook.asked()
    expect(firstLook.isOver).toBe(false)
    for (const peer of known) peer.hasTried = true
    firstLook.tried()
    expect([firstLook.isOver, ends.length]).toEqual([true, 1])
  })

  it('RO-12 waits no longer than five seconds for those who do not answer', async () => {
    const { firstLook, clock, known, ends } = look()
    known.push({ hasTried: false })
    firstLook.asked()
    await clock.advance(firstLookMs - 1)
    expect(firstLook.isOver).toBe(false)
    await clock.advance(1)
    expect([firstLook.isOver, ends.length]).toEqual([true, 1])
  })

  it('RO-12 says nothing any more once the room is left', async () => {
    const { firstLook, clock, known, ends } = look()
    known.push({ hasTried: false })
    firstLook.asked()
    firstLook.stop()
    await clock.advance(firstLookMs)
    expect(ends).toEqual([])
  })
})
