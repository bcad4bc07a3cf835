import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Relay } from './relay.ts'
import { ask, Opened } from './testing/fixture.ts'

const opened = new Opened()
const script = 'export const answer = 42\n'.repeat(100)
let relay: Relay
let proxied: Relay

beforeAll(async () => {
  const folder = await opened.folder()
  const app = join(folder, 'dist')
  await mkdir(join(app, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'not yours')
  await writeFile(join(app, 'index.html'), '<!doctype html><title>Tessera</title>')
  await writeFile(join(app, 'sw.js'), script)
  await writeFile(join(app, 'assets', 'main-abc.js'), script)
  await writeFile(join(app, 'a b.txt'), 'spaced')
  await symlink(join(folder, 'secret.txt'), join(app, 'link.txt'))
  relay = await opened.relay({
    app,
    connectOrigins: ['wss://other.example'],
    iceServers: [{ urls: 'stun:stun.example:3478' }, { urls: 'turn:turn.example:3478' }],
    turnSecret: 'sixteen characters',
  })
  proxied = await opened.relay({ app, trustProxy: true })
})
afterAll(() => opened.close())

describe('every answer', () => {
  it.each(['/', '/assets/main-abc.js', '/relay.json', '/healthz', '/metrics', '/nothing'])(
    'of %s has the strict headers',
    async (path) => {
      const { headers } = await ask(relay, path)
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
          "img-src 'self' blob: data:; media-src 'self' blob: mediastream:; font-src 'self'; " +
          "connect-src 'self' wss://other.example; manifest-src 'self'; frame-src 'self'; base-uri 'none'; " +
          "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
          'trusted-types default svelte-trusted-html',
      )
      expect(headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'permissions-policy': expect.stringContaining('camera=(self)') as string,
      })
    },
  )

  it('takes GET and HEAD only', async () => {
    const { status, headers } = await ask(relay, '/', { method: 'POST' })
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
    const head = await ask(relay, '/', { method: 'HEAD' })
    expect([head.status, head.body.byteLength]).toEqual([200, 0])
  })

  it('refuses headers of more than 16 KiB', async () => {
    expect((await ask(relay, '/', { headers: { 'X-Long': 'a'.repeat(17_000) } })).status).toBe(431)
  })
})

describe('the app', () => {
  it('is one page whatever the query, and its paths are exact', async () => {
    expect((await ask(relay, '/?install')).body.toString()).toContain('<title>Tessera</title>')
    expect((await ask(relay, '/a%20b.txt')).body.toString()).toBe('spaced')
    expect((await ask(relay, '/assets')).status).toBe(404)
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/%252e%252e/secret.txt',
    '/assets/..;/..;/secret.txt',
    '//etc/passwd',
    '/link.txt',
    '/%',
    '/%00',
    '/__proto__',
    '/constructor',
  ])('does not answer %s', async (path) => {
    const { status, body } = await ask(relay, path)
    expect([status, body.toString()]).toEqual([404, 'not found\n'])
  })

  it('comes compressed as the browser likes it', async () => {
    const get = (accepted: string) =>
      ask(relay, '/assets/main-abc.js', { headers: { 'Accept-Encoding': accepted } })
    const br = await get('gzip, deflate, br, zstd')
    expect(br.headers['content-encoding']).toBe('br')
    expect(brotliDecompressSync(br.body).toString()).toBe(script)
    const gzip = await get('gzip;q=1.0, br;q=0')
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.body).toString()).toBe(script)
    const plain = await get('identity')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.body.toString()).toBe(script)
    const tags = [br, gzip, plain].map(({ headers }) => headers.etag)
    expect(new Set(tags).size).toBe(3)
    expect(plain.headers.vary).toBe('Accept-Encoding')
  })

  it('is not sent again to who has it', async () => {
    const { headers } = await ask(relay, '/sw.js')
    const tag = headers.etag ?? ''
    const again = await ask(relay, '/sw.js', { headers: { 'If-None-Match': `"other", W/${tag}` } })
    expect([again.status, again.body.byteLength, again.headers.etag]).toEqual([304, 0, tag])
    expect((await ask(relay, '/sw.js', { headers: { 'If-None-Match': '"other"' } })).status).toBe(200)
  })

  it('keeps hashed files for a year and asks anew for all others', async () => {
    const kept = async (path: string) => (await ask(relay, path)).headers['cache-control']
    expect(await kept('/assets/main-abc.js')).toBe('public, max-age=31536000, immutable')
    for (const path of ['/', '/index.html', '/sw.js']) expect(await kept(path)).toBe('no-cache')
    for (const path of ['/relay.json', '/metrics', '/nothing']) expect(await kept(path)).toBe('no-store')
  })
})

describe('/relay.json', () => {
  const read = async (from: Relay, headers: Record<string, string>) => {
    const { body } = await ask(from, '/relay.json', { headers })
    return JSON.parse(body.toString()) as { peerId: string; addresses: string[]; iceServers: unknown }
  }

  it('gives addresses under the name the page used', async () => {
    const { peerId, addresses, iceServers } = await read(relay, { Host: `localhost:${relay.port}` })
    expect(peerId).toBe(relay.peerId)
    expect(addresses).toEqual([
      `/dns4/localhost/tcp/${relay.port}/ws/p2p/${peerId}`,
      `/ip4/127.0.0.1/tcp/${relay.port}/ws/p2p/${peerId}`,
    ])
    expect(iceServers).toEqual([
      { urls: 'stun:stun.example:3478' },
      {
        urls: 'turn:turn.example:3478',
        username: expect.stringMatching(/^\d{10}:[0-9a-f]{12}$/) as string,
        credential: expect.stringMatching(/^[\w+/]{27}=$/) as string,
      },
    ])
  })

  it('believes X-Forwarded-Proto from a trusted proxy only', async () => {
    const headers = { Host: 'tessera.example', 'X-Forwarded-Proto': 'https' }
    expect((await read(proxied, headers)).addresses).toEqual([
      `/dns4/tessera.example/tcp/443/tls/ws/p2p/${proxied.peerId}`,
    ])
    expect((await read(relay, headers)).addresses).toEqual([
      `/dns4/tessera.example/tcp/80/ws/p2p/${relay.peerId}`,
    ])
  })

  it('refuses a Host header that is no host', async () => {
    expect((await ask(relay, '/relay.json', { headers: { Host: 'a/p2p/evil' } })).status).toBe(400)
  })
})
