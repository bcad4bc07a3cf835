import { describe, expect, it } from 'vitest'
import { downloadsKeys } from './downloads-hint.ts'

const keys = (userAgent: string): string | undefined => downloadsKeys({ userAgent })
const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

describe('keys that list the downloads', () => {
  it('are those of the browser in hand', () => {
    expect(keys(`Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/140.0.0.0 Safari/537.36`)).toBe('Ctrl+J')
    expect(keys('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
      'Ctrl+Shift+Y',
    )
    expect(keys('Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe('Ctrl+J')
    expect(keys('Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15')).toBe('⌥⌘L')
  })
  it('are not told on phones, which have none', () => {
    expect(keys(`Mozilla/5.0 (Linux; Android 15) ${webKit} Chrome/140.0.0.0 Mobile`)).toBeUndefined()
  })
})
