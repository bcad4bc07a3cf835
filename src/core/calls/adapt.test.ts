import { describe, expect, it } from 'vitest'
import { GiveWay, limitsOf, wantOf, type Want } from './adapt.ts'

describe('what is sent of a picture', () => {
  it.each<[Want, number, number, boolean, number]>([
    ['large', 1, 0, true, 720],
    ['large', 3, 0, true, 360],
    ['large', 7, 0, true, 180],
    ['small', 1, 0, true, 180],
    ['none', 1, 0, false, 180],
    ['large', 1, 1, true, 360],
    ['large', 1, 2, true, 180],
    ['small', 7, 2, true, 180],
  ])(
    'CA-19 a wish for %s over %i links and %i steps down: active %s, %i lines',
    (want, links, steps, isActive, maxHeight) => {
      expect(limitsOf(want, links, steps)).toMatchObject({ isActive, maxHeight })
    },
  )
  it.each<[number, Want]>([
    [0, 'none'],
    [160, 'small'],
    [640, 'medium'],
    [1200, 'large'],
  ])('CA-19 a tile %i wide asks for %s', (width, want) => {
    expect(wantOf(width)).toBe(want)
  })
})

describe('a link that gives way', () => {
  it('CA-19 steps down after 2 s of heavy loss, at most twice, and up after 10 s without', () => {
    const way = new GiveWay()
    const steps: number[] = []
    for (let at = 0; at <= 8_000; at += 1_000) if (way.hear(0.2, at)) steps.push(way.steps)
    expect(steps).toEqual([1, 2])
    for (let at = 9_000; at <= 30_000; at += 1_000) if (way.hear(0, at)) steps.push(way.steps)
    expect(steps).toEqual([1, 2, 1, 0])
  })
  it('CA-19 does not swing with a loss that comes and goes', () => {
    const way = new GiveWay()
    for (let at = 0; at <= 60_000; at += 1_000) way.hear(at % 2_000 === 0 ? 0.2 : 0, at)
    expect(way.steps).toBe(0)
  })
})
