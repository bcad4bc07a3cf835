import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../src/core/base/testing/manual-clock.ts'
import { withTurnCredentials } from './turn.ts'

const clock = new ManualClock(1_700_000_000_000)
const turn = { urls: ['turn:t.example:3478', 'turns:t.example:5349'] }
const stun = { urls: 'stun:s.example:3478' }
const own = { urls: 'turn:o.example:3478', username: 'u', credential: 'c' }

describe('credentials of TURN servers', () => {
  it('expire in an hour, and are signed as coturn checks them', () => {
    const [minted] = withTurnCredentials([turn], 'north', clock, (length) => Buffer.alloc(length, 0xab))
    expect(minted).toMatchObject({ ...turn, username: '1700003600:abababababab' })
    const { username = '' } = minted ?? {}
    expect(minted?.credential).toBe(createHmac('sha1', 'north').update(username).digest('base64'))
    expect(minted?.credential).toHaveLength(28)
  })
  it('have a name of their own each time, which coturn counts its quota by', () => {
    const names = [1, 2].map(() => withTurnCredentials([turn], 'north', clock)[0]?.username)
    expect(new Set(names).size).toBe(2)
  })
  it('are given neither to STUN servers nor to servers that have their own', () => {
    expect(withTurnCredentials([stun, own], 'north', clock)).toEqual([stun, own])
  })
  it('are not made without a secret', () => {
    expect(withTurnCredentials([turn], undefined, clock)).toEqual([turn])
  })
})
