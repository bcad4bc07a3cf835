import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { AddressLimiter } from './address-limiter.ts'
import type { Metrics } from './metrics.ts'
import { addressGroup, remoteAddress } from './remote-address.ts'

interface UpgradeInit {
  /** Port of libp2p's WebSocket listener on loopback. */
  readonly innerPort: number
  readonly limiter: AddressLimiter
  readonly metrics: Metrics
  readonly trustProxy: boolean
  /** Headers of a refusal. */
  readonly headers: Readonly<Record<string, string>>
}

/** What RFC 6455 section 4.1 needs; cookies and the like are not libp2p's business. */
const passed = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
]

/** Pipes WebSockets of the public port to libp2p, within the limits of each remote. */
export class UpgradePipe {
  readonly #init: UpgradeInit
  readonly #open = new Set<Duplex>()

  constructor(init: UpgradeInit) {
    this.#init = init
  }

  /** WebSockets open now. */
  get size(): number {
    return this.#open.size
  }

  /** An `upgrade` event of the HTTP server. Owns the socket from here on. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy()) // a remote that resets is no news
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || request.method !== 'GET') {
      this.#refuse(socket, '400 Bad Request', 'not-websocket')
      return
    }
    const group = addressGroup(remoteAddress(request, this.#init.trustProxy))
    const admitted = this.#init.limiter.admit(group)
    if (typeof admitted === 'string') {
      this.#refuse(socket, '429 Too Many Requests', admitted)
      return
    }
    this.#open.add(socket)
    socket.once('close', () => {
      this.#open.delete(socket)
      admitted()
    })
    this.#pipe(request, socket, head)
  }

  /** Ends every open WebSocket. */
  stop(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #pipe(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { innerPort, metrics } = this.#init
    const inner = connect({ host: '127.0.0.1', port: innerPort, noDelay: true })
    request.socket.setTimeout(0)
    request.socket.setNoDelay(true)
    request.socket.setKeepAlive(true, 60_000)
    inner.once('connect', () => {
      inner.write(requestText(request, innerPort))
      inner.write(head)
      metrics.upgraded()
    })
    const end = (): void => {
      socket.destroy()
      inner.destroy()
    }
    pipeline(socket, inner, end)
    pipeline(inner, socket, end)
  }

  #refuse(socket: Duplex, status: string, reason: string): void {
    this.#init.metrics.refused(reason)
    const headers = { ...this.#init.headers, 'Content-Length': '0', 'Retry-After': '30', Connection: 'close' }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`, () => socket.destroy())
  }
}

/** Node's parser has refused line breaks in header values already. */
function requestText(request: IncomingMessage, port: number): string {
  const lines = passed.flatMap((name) => {
    const value = request.headers[name]
    return typeof value === 'string' ? [`${name}: ${value}`] : []
  })
  const fixed = ['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, 'Connection: Upgrade', 'Upgrade: websocket']
  return `${[...fixed, ...lines].join('\r\n')}\r\n\r\n`
}
