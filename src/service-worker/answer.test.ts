import { describe, expect, it } from 'vitest'
import { answerFor } from './answer.ts'

const origin = 'https://tessera.example'
const shell = { files: [{ url: '/' }, { url: '/assets/app-1.js' }] }
const get = (path: string, mode = 'no-cors', method = 'GET') =>
  answerFor({ method, mode, url: new URL(path, origin).href }, origin, shell)

describe('service worker answers', () => {
  it('gives the page for a navigation to the app', () => {
    expect(get('/', 'navigate')).toBe('/')
    expect(get('/?source=installed', 'navigate')).toBe('/')
  })
  it('gives kept files by path', () => expect(get('/assets/app-1.js')).toBe('/assets/app-1.js'))
  it.each(['/relay.json', '/healthz', '/metrics', '/assets/other.js'])('leaves %s to the network', (path) => {
    expect(get(path)).toBe('network')
    expect(get(path, 'navigate')).toBe('network')
  })
  it('leaves other origins and methods to the network', () => {
    expect(get('https://elsewhere.example/')).toBe('network')
    expect(get('/', 'navigate', 'POST')).toBe('network')
  })
})
