import { describe, expect, it } from 'vitest'
import { Speaking } from './speaking.ts'

describe('who speaks', () => {
  it('is whoever is loud enough, and a little longer than the last word', () => {
    const speaking = new Speaking()
    speaking.hear('ann', 0.2, 0)
    speaking.hear('ben', 0.005, 0)
    expect(speaking.speakers(500)).toEqual(['ann'])
    expect(speaking.speakers(900)).toEqual([])
  })
  it('takes the floor only after some length of speech', () => {
    const speaking = new Speaking()
    speaking.hear('ann', 0.2, 0)
    for (let at = 100; at <= 1_000; at += 100) speaking.hear('ben', 0.3, at)
    expect(speaking.floor).toBe('ann')
    for (let at = 1_100; at <= 1_700; at += 100) speaking.hear('ben', 0.3, at)
    expect(speaking.floor).toBe('ben')
  })
  it('does not take the floor by short calls with silence between', () => {
    const speaking = new Speaking()
    speaking.hear('ann', 0.2, 0)
    for (let at = 100; at <= 9_000; at += 1_000) speaking.hear('ben', 0.3, at)
    expect(speaking.floor).toBe('ann')
  })
  it('forgets who left', () => {
    const speaking = new Speaking()
    speaking.hear('ann', 0.2, 0)
    speaking.keep(['ben'])
    expect([speaking.floor, speaking.speakers(0)]).toEqual([undefined, []])
  })
})
