import { describe, expect, it } from 'vitest'
import { formatAgo, formatDay, formatDuration, formatTime } from './time-words.ts'

const noon = new Date(2026, 0, 15, 12).getTime()
const hour = 3_600_000

describe('times in words', () => {
  it.each([
    [0, '0:00'],
    [7_999, '0:07'],
    [750_000, '12:30'],
    [3_723_000, '1:02:03'],
    [-5, '0:00'],
  ])('shows %i ms as %s', (ms, words) => {
    expect(formatDuration(ms)).toBe(words)
  })

  it('names today and yesterday by the calendar, not by hours passed', () => {
    const shortlyAfterMidnight = new Date(2026, 0, 15, 0, 5).getTime()
    expect(formatDay(shortlyAfterMidnight, noon)).toBe('Today')
    expect(formatDay(shortlyAfterMidnight - 10 * 60_000, noon)).toBe('Yesterday')
  })

  it('names the weekday within a week and the date beyond', () => {
    expect(formatDay(noon - 3 * 24 * hour, noon)).toBe('Monday')
    expect(formatDay(noon - 30 * 24 * hour, noon)).toBe('December 16, 2025')
  })

  it('gives a day ahead its date, as clocks may differ', () => {
    expect(formatDay(noon + 24 * hour, noon)).toBe('January 16, 2026')
  })

  it('leaves moments under half a minute to the caller', () => {
    expect(formatAgo(noon - 20_000, noon)).toBeUndefined()
    expect(formatAgo(noon - 3 * 60_000, noon)).toBe('3 minutes ago')
    expect(formatAgo(noon - 26 * hour, noon)).toBe('yesterday')
  })

  it('follows the clock of the system, twelve or twenty-four hours', () => {
    const evening = new Date(2026, 0, 15, 21, 5).getTime()
    expect(formatTime(evening, 'en', 'h23')).toBe('21:05')
    expect(formatTime(evening, 'en', 'h12')).toMatch(/^9:05\sPM$/)
  })
})
