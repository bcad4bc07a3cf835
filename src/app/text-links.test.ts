import { describe, expect, it } from 'vitest'
import { textParts } from './text-links.ts'

const links = (text: string): readonly string[] =>
  textParts(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []))

describe('links in messages', () => {
  it('finds web addresses and leaves the sentence its punctuation', () => {
    expect(textParts('See https://example.org/a?b=1#c, please.')).toEqual([
      { kind: 'text', text: 'See ' },
      { kind: 'link', text: 'https://example.org/a?b=1#c', href: 'https://example.org/a?b=1#c' },
      { kind: 'text', text: ', please.' },
    ])
  })

  it('keeps a closing bracket that the address opened', () => {
    expect(links('(https://en.wikipedia.org/wiki/Tessera_(disambiguation))')).toEqual([
      'https://en.wikipedia.org/wiki/Tessera_(disambiguation)',
    ])
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://example.org',
    'www.example.org',
  ])('makes no link of %s', (text) => {
    expect(links(text)).toEqual([])
  })

  it('makes no link of an address that pretends to be another by a user name', () => {
    expect(links('https://bank.example@evil.example/')).toEqual([])
  })

  it('shows the true host of a look-alike name', () => {
    expect(links('https://аpple.com')).toEqual(['https://xn--pple-43d.com/'])
  })

  it('gives back every character of the text, in order', () => {
    const text = 'a https://x.example/,b\nhttp://y.example) <https://z.example>'
    expect(
      textParts(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })

  it('takes a text full of addresses in its stride', () => {
    expect(links('https://a.example/ '.repeat(3_000))).toHaveLength(3_000)
  })
})
