import type { IncomingMessage, ServerResponse } from 'node:http'
import { addressesFor, originOf } from './addresses.ts'
import type { AppFiles } from './app-files.ts'
import type { Metrics } from './metrics.ts'
import type { IceServer } from './options.ts'
import { sendFile } from './static.ts'
import { version } from './version.ts'

interface AnswerInit {
  readonly headers: Readonly<Record<string, string>>
  readonly files: AppFiles
  readonly metrics: Metrics
  /** Asked for each answer: credentials in it are short-lived. */
  readonly iceServers: () => readonly IceServer[]
  readonly trustProxy: boolean
  /** Our peer id and multiaddrs; `undefined` until libp2p listens. */
  readonly self: () => { peerId: string; addresses: readonly string[] } | undefined
}

/** The HTTP side of the relay: three small answers and a table of files. */
export function createAnswer(init: AnswerInit): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.on('error', () => response.destroy())
    response.once('finish', () => init.metrics.answered(response.statusCode))
    for (const [name, value] of Object.entries(init.headers)) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      sendText(response, 405, 'only GET and HEAD')
      request.resume()
      return
    }
    const [path = ''] = (request.url ?? '').split('?', 1)
    if (path === '/relay.json') sendRelay(init, request, response)
    else if (path === '/healthz') sendHealth(init, response)
    else if (path === '/metrics') sendMetrics(init, response)
    else {
      const file = init.files.get(path)
      if (file === undefined) sendText(response, 404, 'not found')
      else sendFile(request, response, file)
    }
  }
}

function sendRelay(init: AnswerInit, request: IncomingMessage, response: ServerResponse): void {
  const forwarded = init.trustProxy ? request.headers['x-forwarded-proto'] : undefined
  const proto = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').at(-1)?.trim()
  const origin = originOf(request.headers.host, proto === 'https')
  const self = init.self()
  if (origin === undefined) sendText(response, 400, 'expected a host name in the Host header')
  else if (self === undefined) sendStarting(response)
  else {
    const addresses = addressesFor(origin, self.peerId, self.addresses)
    const body = { peerId: self.peerId, addresses, iceServers: init.iceServers(), version }
    send(response, 200, 'application/json', JSON.stringify(body))
  }
}

function sendHealth({ self }: AnswerInit, response: ServerResponse): void {
  if (self() === undefined) sendStarting(response)
  else sendText(response, 200, 'ok')
}

function sendMetrics({ metrics }: AnswerInit, response: ServerResponse): void {
  metrics.text().then(
    (text) => send(response, 200, metrics.contentType, text),
    () => sendText(response, 500, 'the metrics could not be read'),
  )
}

function sendStarting(response: ServerResponse): void {
  response.setHeader('Retry-After', '1')
  sendText(response, 503, 'starting')
}

function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${text}\n`)
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  const headers = {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  }
  response.writeHead(status, headers)
  response.end(response.req.method === 'HEAD' ? undefined : text)
}
