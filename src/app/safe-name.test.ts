import { describe, expect, it } from 'vitest'
import { showControls, showName, showText } from './safe-name.ts'

describe('names on screen', () => {
  it('writes out a right-to-left override, which would disguise the extension', () => {
    expect(showName('invoice\u202efdp.exe')).toEqual({ stem: 'invoice‹U+202E›fdp', extension: '.exe' })
  })

  it.each(['\u0000', '\u001b', '\u007f', '\u200b', '\u200f', '\u2028', '\u2066', '\ufeff', '\u{e0041}'])(
    'never lets %j through as it is',
    (char) => {
      expect(showControls(`a${char}b`)).toMatch(/^a‹U\+[0-9A-F]{4,5}›b$/)
    },
  )

  it('leaves letters of every script and emoji alone', () => {
    const name = 'Ünïcode 文件 ملف 👩‍🎨.png'
    expect(showControls(name)).toBe(name)
  })

  it('keeps lines, tabs and the marks that languages need in messages, and nothing hidden', () => {
    expect(showText('a\n\tb\r\u202e')).toBe('a\n\tb‹U+000D›‹U+202E›')
    expect(showText('\u200fשלום\u2068x\u2069')).toBe('\u200fשלום\u2068x\u2069')
  })

  it.each([
    ['report.pdf', '.pdf'],
    ['no extension', ''],
    ['.hidden', ''],
    ['ends with a dot.', ''],
    ['a sentence. And another one', ''],
    ['archive.tar.gz', '.gz'],
  ])('finds the extension of %j', (name, extension) => {
    expect(showName(name).extension).toBe(extension)
  })

  it('shows a path as the path it is', () => {
    expect(showName('../../x')).toEqual({ stem: '../../x', extension: '' })
  })

  it('keeps the extension of a name of 300 characters apart, so that it is never cut', () => {
    const { stem, extension } = showName(`${'n'.repeat(296)}.exe`)
    expect(stem).toHaveLength(296)
    expect(extension).toBe('.exe')
  })
})
