import { isIPv4, isIPv6 } from 'node:net'
import { maxAddresses } from './constants.ts'

/** How a page reached us. */
export interface Origin {
  readonly host: string
  readonly port: number
  readonly isSecure: boolean
}

/** Reads a `Host` header (RFC 9110 section 7.2); `undefined` for anything that is not a plain host and port. */
export function originOf(host: string | undefined, isSecure: boolean): Origin | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?))(?::(\d{1,5}))?$/i.exec(
    host ?? '',
  )
  if (match === null) return undefined
  const [, six, name, digits] = match
  if (six !== undefined && !isIPv6(six)) return undefined
  const port = digits === undefined ? (isSecure ? 443 : 80) : Number(digits)
  if (port < 1 || port > 65_535) return undefined
  return { host: (six ?? name ?? '').toLowerCase(), port, isSecure }
}

/** The origin of a validated `http:` or `https:` URL. */
export function originOfUrl(url: string): Origin | undefined {
  const { host, protocol } = new URL(url)
  return originOf(host, protocol === 'https:')
}

/** Our WebSocket under an origin, without the peer id, such as `/dns4/tessera.example/tcp/443/tls/ws`. */
export function webSocketAddress({ host, port, isSecure }: Origin): string {
  const kind = isIPv4(host) ? 'ip4' : isIPv6(host) ? 'ip6' : 'dns4'
  return `/${kind}/${host}/tcp/${port}${isSecure ? '/tls' : ''}/ws`
}

/**
 * The addresses for a page at `origin`: the WebSocket it can open, then webrtc-direct where that page can reach it.
 *
 * @param listening our own full multiaddrs
 */
export function addressesFor(origin: Origin, peerId: string, listening: readonly string[]): string[] {
  const sockets = [webSocketAddress(origin)]
  const isLocal = origin.host === 'localhost' || origin.host.startsWith('127.') || origin.host === '::1'
  if (origin.host === 'localhost') sockets.push(webSocketAddress({ ...origin, host: '127.0.0.1' }))
  const direct = listening
    .filter((address) => address.includes('/webrtc-direct/'))
    .filter((address) => isLocal || !address.startsWith('/ip4/127.'))
  // Behind address translation the address the page used is none of ours, but it leads here.
  const [first] = direct
  if (isIPv4(origin.host) && !isLocal && first !== undefined) {
    direct.unshift(first.replace(/^\/ip4\/[^/]+/, `/ip4/${origin.host}`))
  }
  return [...sockets.map((address) => `${address}/p2p/${peerId}`), ...new Set(direct)].slice(0, maxAddresses)
}
