import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import { systemRandom } from '../base/clock.ts'
import { encodeRoomLink, newRoomLink, parseRoomLink } from './link.ts'

const origin = 'https://tessera.example'
const relay = '/dns4/relay.example/tcp/443/tls/ws/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const codeOf = (link: string): string => link.slice(link.indexOf('#/r/') + 4)
const named = (name: string) => expect.objectContaining({ name }) as Error

describe('room links', () => {
  it('RO-1 come back equal, with any secret and up to four relays', () => {
    const secret = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const relays = fc.array(fc.string({ maxLength: 60 }), { maxLength: 4 })
    fc.assert(
      fc.property(secret, relays, (bytes, hints) => {
        const link = { secret: new Uint8Array(bytes), relays: hints }
        expect(parseRoomLink(encodeRoomLink(link, origin))).toEqual(link)
      }),
    )
  })
  it('RO-1 are read from an address, a fragment or the bare code, with white space in and around', () => {
    const link = newRoomLink(systemRandom)
    const text = encodeRoomLink(link, origin)
    const texts = [
      text,
      text.slice(text.indexOf('#')),
      codeOf(text),
      `  ${text}\n`,
      text.replace('r/', 'r/\n  '),
    ]
    for (const form of texts) expect(parseRoomLink(form)).toEqual(link)
  })
  it('RO-1 are refused as cut off wherever they are cut', () => {
    for (const relays of [[], [relay, relay]]) {
      const code = codeOf(encodeRoomLink({ secret: systemRandom(16), relays }, origin))
      for (let length = 1; length < code.length; length++) {
        expect(() => parseRoomLink(`${origin}/#/r/${code.slice(0, length)}`), `cut at ${length}`).toThrow(
          expect.objectContaining({
            name: expect.stringMatching(/^Link(Truncated|Format)Error$/) as string,
          }) as Error,
        )
      }
    }
  })
  it('RO-1 are refused after any change of one character', () => {
    const code = codeOf(encodeRoomLink(newRoomLink(systemRandom), origin))
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 0; at < code.length; at++) {
      for (const letter of alphabet) {
        if (code[at] === letter) continue
        const changed = code.slice(0, at) + letter + code.slice(at + 1)
        expect(() => parseRoomLink(changed)).toThrow(
          expect.objectContaining({ name: expect.stringMatching(/^Link\w+Error$/) as string }) as Error,
        )
      }
    }
  })
  it.each([
    ['an unknown format', toBase64Url(new Uint8Array(22).fill(2)), 'LinkFormatError'],
    ['no secret', `${origin}/#/r/`, 'LinkMissingSecretError'],
    ['an address alone', origin, 'LinkMissingSecretError'],
    ['nothing', '', 'LinkMissingSecretError'],
    ['another site', 'https://example.org/room#abc', 'LinkNotTesseraError'],
    ['words', 'hello, how are you?', 'LinkNotTesseraError'],
    [
      'five relays',
      toBase64Url(new Uint8Array([1, ...new Uint8Array(16), 5, 0, 0, 0, 0, 0, 0, 0])),
      'LinkLengthError',
    ],
  ])('RO-1 with %s are refused by name', (_, text, name) => {
    expect(() => parseRoomLink(text)).toThrow(named(name))
  })
  it('RO-1 that go on after their end are refused', () => {
    const code = codeOf(encodeRoomLink(newRoomLink(systemRandom), origin))
    expect(() => parseRoomLink(`${code}AAAA`)).toThrow(named('LinkLengthError'))
  })
})
