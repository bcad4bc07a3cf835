import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MediaSignal } from './media.ts'
import { hiddenSignal } from './relay-only.ts'

const relay = 'candidate:1 1 udp 41885439 203.0.113.1 50000 typ relay raddr 198.51.100.7 rport 4444'
const shown = 'candidate:1 1 udp 41885439 203.0.113.1 50000 typ relay raddr 0.0.0.0 rport 0'
const host = 'candidate:1 1 udp 1 192.168.1.5 9 typ host'
const mdns = 'candidate:1 1 udp 1 0a1b2c3d-0000-4000-8000-000000000000.local 9 typ host'
const srflx = 'candidate:1 1 udp 1 198.51.100.7 9 typ srflx raddr 192.168.1.5 rport 9'

const candidate = (text: string): MediaSignal => ({
  kind: 'candidate',
  candidate: text,
  mid: '0',
  line: 0,
  ufrag: 'ufrag',
})
const description = (...lines: string[]): MediaSignal => ({
  kind: 'description',
  type: 'offer',
  sdp: lines.join('\r\n'),
})
const sdpOf = (signal: MediaSignal | undefined): string[] =>
  signal?.kind === 'description' ? signal.sdp.split('\r\n') : []

describe('signals of a link that hides its address', () => {
  it('CA-22 carry candidates of TURN servers only, without the address behind them', () => {
    expect(hiddenSignal(candidate(relay))).toEqual(candidate(shown))
    for (const text of [host, mdns, srflx, '', 'nonsense'])
      expect(hiddenSignal(candidate(text))).toBeUndefined()
  })
  it('CA-22 hold the same in descriptions, and no address anywhere else', () => {
    const before = description(
      'v=0',
      'o=- 4611 2 IN IP4 192.168.1.5',
      's=-',
      'c=IN IP4 198.51.100.7',
      'm=audio 50000 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP6 2001:db8::7',
      'a=rtcp:4444 IN IP4 198.51.100.7',
      `a=${host}`,
      `a=${mdns}`,
      `a=${srflx}`,
      `a=${relay}`,
      'a=end-of-candidates',
      'a=ice-ufrag:abcd',
      '',
    )
    expect(sdpOf(hiddenSignal(before))).toEqual([
      'v=0',
      'o=- 4611 2 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 0.0.0.0',
      'm=audio 50000 UDP/TLS/RTP/SAVPF 111',
      'c=IN IP4 0.0.0.0',
      'a=rtcp:9 IN IP4 0.0.0.0',
      `a=${shown}`,
      'a=end-of-candidates',
      'a=ice-ufrag:abcd',
      '',
    ])
  })
  it.each([
    [`A=${host}`],
    [`a = ${host}`],
    [` a=${host}`],
    [`a=Candidate${host.slice(9)}`],
    [`a=x-candidate:${host}`],
    ['a=remote-candidates:1 192.168.1.5 9'],
    [`a=${relay} typ host`],
    [`a=${relay} raddr 192.168.1.5`],
    [`a=x\ra=${host}`],
  ])('CA-22 %j is left out of a description', (line) => {
    expect(sdpOf(hiddenSignal(description('v=0', line, 's=-')))).toEqual(['v=0', 's=-'])
  })
  it('CA-22 lines that end in LF alone are lines', () => {
    const sdp = `v=0\na=${host}\na=${relay}\ns=-\n`
    expect(sdpOf(hiddenSignal({ kind: 'description', type: 'answer', sdp }))).toEqual([
      'v=0',
      `a=${shown}`,
      's=-',
      '',
    ])
  })
  it('CA-22 ask for a restart as ever', () => {
    expect(hiddenSignal({ kind: 'restart' })).toEqual({ kind: 'restart' })
  })
  it('CA-22 never show a private address, whatever lines come around it', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        `a=${host}`,
        `a=${srflx}`,
        `a=${relay}`,
        '\r',
        '\n',
        '\r\n',
        '\t',
        ' ',
        'a=',
        'typ relay',
      ),
      fc.string({ maxLength: 8 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const signal = hiddenSignal({ kind: 'description', type: 'offer', sdp: pieces.join('') })
        expect(JSON.stringify(signal)).not.toMatch(/192\.168\.1\.5|198\.51\.100\.7/)
      }),
    )
  })
})
