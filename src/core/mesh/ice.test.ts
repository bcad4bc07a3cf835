import { describe, expect, it } from 'vitest'
import { relayCandidate, turnOnly } from './ice.ts'

const relay = 'candidate:1 1 udp 41885439 203.0.113.1 50000 typ relay'

describe('candidates while an address is hidden', () => {
  it.each([
    [relay, relay],
    [`${relay} raddr 192.168.1.5 rport 4444`, `${relay} raddr 0.0.0.0 rport 0`],
    [
      `${relay} raddr 198.51.100.7 rport 9 generation 0 ufrag a+b/ network-cost 50`,
      `${relay} raddr 0.0.0.0 rport 0 generation 0 ufrag a+b/ network-cost 50`,
    ],
    [
      'candidate:9 1 TCP 1 2001:db8::1 9 TYP RELAY raddr 2001:db8::2 rport 7',
      'candidate:9 1 TCP 1 2001:db8::1 9 TYP RELAY raddr :: rport 0',
    ],
  ])('ME-9 %s passes without the address behind it', (given, passed) => {
    expect(relayCandidate(given)).toBe(passed)
  })
  it.each([
    'candidate:1 1 udp 1 192.168.1.5 9 typ host',
    'candidate:1 1 udp 1 198.51.100.7 9 typ srflx raddr 192.168.1.5 rport 9',
    'candidate:1 1 udp 1 198.51.100.7 9 typ prflx raddr 192.168.1.5 rport 9',
    'candidate:1 1 udp 1 0a1b2c3d-0000-4000-8000-000000000000.local 9 typ host',
    'candidate:1 1 udp 1 0a1b2c3d-0000-4000-8000-000000000000.local 9 typ relay raddr 0.0.0.0 rport 0',
    'candidate:1 1 udp 1 turn.example 9 typ relay',
    `${relay} typ host`,
    `${relay} generation 0 raddr 192.168.1.5 rport 9`,
    `${relay} generation 0 raddr 192.168.1.5`,
    `${relay} raddr 192.168.1.5`,
    `${relay} generation`,
    `${relay}\r\na=candidate:1 1 udp 1 192.168.1.5 9 typ host`,
    `${relay}\n`,
    ` ${relay}`,
    `a=${relay}`,
    relay.replace(/ /g, '\t'),
    'candidate:1 1 udp 1 203.0.113.1 9 typ relayed',
    'candidate:1 1 udp 1 203.0.113.1 9 typ host typ relay',
    'candidate:',
    '',
    `${relay}${' a b'.repeat(50_000)} raddr 192.168.1.5 rport 9`,
  ])('ME-9 %j does not pass', (given) => {
    expect(relayCandidate(given)).toBeUndefined()
  })
})

describe('servers while an address is hidden', () => {
  it('ME-9 are TURN servers only, by their TURN addresses only', () => {
    const credential = { username: 'u', credential: 'c' }
    expect(
      turnOnly([
        { urls: 'stun:s.example' },
        { urls: ['stun:t.example', 'turn:t.example', 'turns:t.example:5349?transport=tcp'], ...credential },
        { urls: 'turn:o.example', ...credential },
      ]),
    ).toEqual([
      { urls: ['turn:t.example', 'turns:t.example:5349?transport=tcp'], ...credential },
      { urls: ['turn:o.example'], ...credential },
    ])
  })
})
