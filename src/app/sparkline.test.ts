import { describe, expect, it } from 'vitest'
import { sparkOf, type SparkSample } from './sparkline.ts'

const place = { nowMs: 100_000, spanMs: 60_000, least: 10 }
const at = (secondsAgo: number, value: number | undefined): SparkSample => ({
  atMs: place.nowMs - secondsAgo * 1000,
  value,
})

describe('a small graph', () => {
  it('has the newest value at the right edge and the highest at the top', () => {
    const spark = sparkOf([at(2, 0), at(1, 10), at(0, 20)], place)
    expect(spark).toEqual({ pieces: ['58.0,15.0 59.0,8.0 60.0,1.0'], low: 0, high: 20, now: 20 })
  })
  it('does not make little look like much', () => {
    expect(sparkOf([at(1, 1), at(0, 1)], place)?.pieces).toEqual(['59.0,13.6 60.0,13.6'])
  })
  it('CA-20 is broken where there were no figures, and says nothing of now while there are none', () => {
    const spark = sparkOf([at(9, 5), at(8, 5), at(7, undefined), at(4, 5), at(3, 5), at(2, undefined)], place)
    expect(spark?.pieces).toHaveLength(2)
    expect(spark?.now).toBeUndefined()
  })
  it('CA-20 is broken where figures did not come, and draws a lone one as a dot', () => {
    const spark = sparkOf([at(20, 5), at(10, 5), at(9, 5)], place)
    expect(spark?.pieces.map((piece) => piece.split(' ').length)).toEqual([2, 2])
    expect(spark?.pieces[0]).toBe('40.0,8.0 40.0,8.0')
    expect(spark?.now).toBeUndefined()
  })
  it('forgets what is older than its time, and is nothing without a value', () => {
    expect(sparkOf([at(61, 5), at(0, undefined)], place)).toBeUndefined()
    expect(sparkOf([], place)).toBeUndefined()
  })
})
