import { describe, expect, it } from 'vitest'
import { ManualClock } from '../src/core/base/testing/manual-clock.ts'
import { AddressLimiter } from './address-limiter.ts'
import { addressGroup } from './remote-address.ts'

const limiterWith = (init: { maxOpen?: number; ratePerMinute?: number; maxTracked?: number }) => {
  const clock = new ManualClock()
  return { clock, limiter: new AddressLimiter({ clock, maxOpen: 2, ratePerMinute: 120, ...init }) }
}

describe('the limits of one remote', () => {
  it('bound how many connections are open, and give a place back once', () => {
    const { limiter } = limiterWith({})
    const first = limiter.admit('a')
    expect(limiter.admit('a')).toBeTypeOf('function')
    expect(limiter.admit('a')).toBe('too-many-open')
    expect(limiter.admit('b')).toBeTypeOf('function')
    if (typeof first !== 'function') throw new Error('expected a place')
    first()
    first()
    expect(limiter.admit('a')).toBeTypeOf('function')
    expect(limiter.admit('a')).toBe('too-many-open')
  })

  it('bound how fast connections come: half a minute at once, then as time earns them', async () => {
    const { limiter, clock } = limiterWith({ maxOpen: 1_000 })
    for (let i = 0; i < 60; i++) expect(limiter.admit('a')).toBeTypeOf('function')
    expect(limiter.admit('a')).toBe('too-fast')
    await clock.advance(500)
    expect(limiter.admit('a')).toBeTypeOf('function')
    expect(limiter.admit('a')).toBe('too-fast')
  })

  it('bound how many remotes are remembered, and forget the idle first', async () => {
    const { limiter, clock } = limiterWith({ maxTracked: 2 })
    const held = limiter.admit('a')
    const brief = limiter.admit('b')
    if (typeof brief === 'function') brief()
    expect(held).toBeTypeOf('function')
    expect(limiter.admit('c')).toBe('table-full')
    await clock.advance(60_000)
    expect(limiter.admit('c')).toBeTypeOf('function')
    expect(limiter.admit('d')).toBe('table-full')
  })
})

describe('what counts as one remote', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ])('%s is counted as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })
})
