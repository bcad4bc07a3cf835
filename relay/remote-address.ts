import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'

/**
 * The address limits are counted by: the socket's, or the one the proxy saw. A proxy appends to `X-Forwarded-For`, so
 * only its last entry is the proxy's word; the others are the asker's.
 */
export function remoteAddress(request: IncomingMessage, trustProxy: boolean): string {
  const socket = request.socket.remoteAddress ?? ''
  if (!trustProxy) return socket
  const header = request.headers['x-forwarded-for']
  const seen = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').at(-1)?.trim() ?? ''
  return isIPv4(seen) || isIPv6(seen) ? seen : socket
}

/** What counts as one remote: an IPv4 address, or an IPv6 /64, which is the least that a home gets. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const bare = address.replace(/%.*$/, '')
  if (!isIPv6(bare)) return address
  return `${expand(bare).slice(0, 4).join(':')}::/64`
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2), without leading zeros. */
function expand(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left.map(short)
  const right = tail === '' ? [] : tail.split(':')
  // A dotted end stands for two groups; it is past the first four either way.
  const width = left.length + right.length + (tail.includes('.') ? 1 : 0)
  return [...left, ...Array<string>(Math.max(0, 8 - width)).fill('0'), ...right].map(short)
}

function short(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, '')
}
