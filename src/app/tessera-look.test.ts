import { describe, expect, it } from 'vitest'
import { hueCount, lookOf } from './tessera-look.ts'

const looks = Array.from({ length: 2_000 }, (_, i) => lookOf(`account ${i}`))

describe('the look of a person', () => {
  it('is the same for the same account', () => {
    expect(lookOf('ann')).toEqual(lookOf('ann'))
  })

  it('has a figure that is neither empty nor full and is mirrored', () => {
    for (const { cells } of looks) {
      expect(new Set(cells).size).toBe(2)
      expect([cells[2], cells[5], cells[8]]).toEqual([cells[0], cells[3], cells[6]])
    }
  })

  it('spreads accounts over all colours evenly', () => {
    for (let hue = 0; hue < hueCount; hue++) {
      const share = looks.filter((look) => look.hue === hue).length / looks.length
      expect(share).toBeGreaterThan(0.5 / hueCount)
      expect(share).toBeLessThan(1.5 / hueCount)
    }
  })
})
