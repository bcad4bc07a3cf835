import { describe, expect, it } from 'vitest'
import { addressesFor, originOf } from './addresses.ts'

const id = '12D3KooWFAPrQX8P7qXhGh11i4pM2CGaAq5tMEy43Zsq3monKAKy'
const direct = ['/ip4/127.0.0.1', '/ip4/192.0.2.2'].map(
  (ip) => `${ip}/udp/4400/webrtc-direct/certhash/uEiAx/p2p/${id}`,
)

describe('the addresses a page is told', () => {
  it.each([
    ['tessera.example', true, '/dns4/tessera.example/tcp/443/tls/ws'],
    ['Tessera.Example:8443', true, '/dns4/tessera.example/tcp/8443/tls/ws'],
    ['tessera.example', false, '/dns4/tessera.example/tcp/80/ws'],
    ['192.0.2.1:4400', false, '/ip4/192.0.2.1/tcp/4400/ws'],
    ['[2001:db8::1]:4400', false, '/ip6/2001:db8::1/tcp/4400/ws'],
  ])('for Host %s, secure %s, begin with %s', (host, isSecure, address) => {
    const origin = originOf(host, isSecure)
    if (origin === undefined) throw new Error('expected an origin')
    expect(addressesFor(origin, id, [])).toEqual([`${address}/p2p/${id}`])
  })

  it.each([
    undefined,
    '',
    'a b',
    'a/p2p/evil',
    'a.example/tcp/1',
    'a:0',
    'a:70000',
    'a:80:80',
    '[::1',
    '[1.2.3.4]',
    '-a',
    'a@b',
  ])('are none for the Host header %j', (host) => {
    expect(originOf(host, false)).toBeUndefined()
  })

  it('leave loopback out for a page that came from elsewhere', () => {
    const at = (host: string): string[] => {
      const origin = originOf(host, false)
      return origin === undefined ? [] : addressesFor(origin, id, direct)
    }
    expect(at('tessera.example').join()).not.toContain('127.0.0.1')
    expect(at('localhost:4400')).toContain(direct[0])
    expect(at('203.0.113.9:4400')).toContain(
      `/ip4/203.0.113.9/udp/4400/webrtc-direct/certhash/uEiAx/p2p/${id}`,
    )
  })

  it('are never more than a page takes', () => {
    const many = Array.from({ length: 40 }, (_, i) => `/ip4/192.0.2.${i}/udp/1/webrtc-direct/p2p/${id}`)
    expect(addressesFor({ host: 'localhost', port: 1, isSecure: false }, id, many)).toHaveLength(16)
  })
})
