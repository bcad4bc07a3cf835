import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { WebSocket } from 'ws'
import { startRelay, type Relay, type RelayInit } from '../relay.ts'

// Node 20 has none, and libp2p dials with the global one.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket

/** What a test has opened, undone in reverse by {@link Opened.close}. */
export class Opened {
  readonly #undo: (() => Promise<unknown>)[] = []

  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'tessera-relay-test-'))
    this.#undo.push(() => rm(path, { recursive: true, force: true }))
    return path
  }

  /** A relay on a free port of loopback, without webrtc-direct. */
  async relay(init: RelayInit = {}): Promise<Relay> {
    const data = init.data ?? (await this.folder())
    const relay = await startRelay({ host: '127.0.0.1', port: 0, webrtc: false, ...init, data })
    this.#undo.push(() => relay.stop())
    return relay
  }

  /** A libp2p peer as a tab is one: WebSocket and circuits. Reserves where it connects, unless told to listen nowhere. */
  async peer(listen: string[] = ['/p2p-circuit']): Promise<Libp2p> {
    const peer = await createLibp2p({
      addresses: { listen },
      transports: [webSockets(), circuitRelayTransport()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify() },
    })
    this.#undo.push(async () => peer.stop())
    return peer
  }

  /** A WebSocket to the relay; resolves with 101 and keeps it open, or with the refusal's status. */
  webSocket(relay: Relay, headers: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(`ws://127.0.0.1:${relay.port}/`, { headers })
    this.#undo.push(async () => socket.terminate())
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(101))
      socket.once('unexpected-response', (_, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      socket.once('error', reject)
    })
  }

  async close(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo()
  }
}

/** A whole answer of the relay. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One request with its path sent as written: `fetch` would tidy it up. */
export function ask(relay: Relay, path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: relay.port, path, agent: false, ...options },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}
