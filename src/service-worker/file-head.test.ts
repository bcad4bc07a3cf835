import { describe, expect, it } from 'vitest'
import { fileHead, isPassive, noFileHead } from './file-head.ts'

const file = { name: 'a.webm', mediaType: 'video/webm', sizeBytes: 1000, isDownload: false }
const whole = { kind: 'whole' } as const

describe('the head of a file', () => {
  it('FI-42: only what runs nothing is shown in place', () => {
    for (const mediaType of [
      'text/html',
      'image/svg+xml',
      'application/pdf',
      'application/xhtml+xml',
      'text/xml',
      '',
    ]) {
      const { headers } = fileHead({ ...file, mediaType }, whole)
      expect(headers['Content-Type'], mediaType).toBe('application/octet-stream')
      expect(headers['Content-Disposition'], mediaType).toMatch(/^attachment;/)
      expect(isPassive(mediaType)).toBe(false)
    }
    expect(fileHead(file, whole).headers['Content-Type']).toBe('video/webm')
    expect(fileHead(file, whole).headers['Content-Disposition']).toMatch(/^inline;/)
  })
  it('FI-42: a type with parameters, other letters or other headers in it is not a passive one', () => {
    for (const mediaType of ['VIDEO/webm', 'video/webm; x=y', 'video/webm\r\nX: y', ' video/webm']) {
      expect(fileHead({ ...file, mediaType }, whole).headers['Content-Type']).toBe('application/octet-stream')
    }
  })
  it('FI-42: every answer forbids scripts, sniffing, keeping and use by others', () => {
    for (const { headers } of [fileHead(file, whole), noFileHead]) {
      expect(headers['Content-Security-Policy']).toBe("default-src 'none'; sandbox")
      expect(headers['X-Content-Type-Options']).toBe('nosniff')
      expect(headers['Cross-Origin-Resource-Policy']).toBe('same-origin')
      expect(headers['Cache-Control']).toBe('no-store')
    }
  })
  it('FI-43: a part is 206 with its place and length, and outside is 416', () => {
    const part = fileHead(file, { kind: 'part', start: 10, end: 20 })
    expect(part.status).toBe(206)
    expect(part.headers['Content-Range']).toBe('bytes 10-19/1000')
    expect(part.headers['Content-Length']).toBe('10')
    const outside = fileHead(file, { kind: 'outside' })
    expect(outside.status).toBe(416)
    expect(outside.headers['Content-Range']).toBe('bytes */1000')
  })
  it('FI-40: a download is whole and attached whatever its type and range', () => {
    const { status, headers } = fileHead({ ...file, isDownload: true }, { kind: 'part', start: 1, end: 2 })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'Content-Length': '1000', 'Accept-Ranges': 'none' })
    expect(headers['Content-Disposition']).toMatch(/^attachment;/)
  })
  it('FI-42: a name cannot leave its header', () => {
    const name = 'a"\\\r\nX: y;%41 ’*(é)\ud800.bin'
    const { headers } = fileHead({ ...file, name }, whole)
    const disposition = headers['Content-Disposition'] ?? ''
    expect(disposition).toMatch(/^[\x20-\x7e]+$/)
    expect(() => new Headers(headers)).not.toThrow()
    expect(disposition).toContain(
      `filename*=UTF-8''a%22%5C%0D%0AX%3A%20y%3B%2541%20%E2%80%99%2A%28%C3%A9%29_.bin`,
    )
  })
})
