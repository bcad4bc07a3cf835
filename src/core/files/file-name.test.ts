import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { maxFileNameBytes, safeFileName } from './file-name.ts'

/** Given name and the safe one; shown with escapes where the eye would be deceived. */
const names: readonly (readonly [string, string])[] = [
  ['report.pdf', 'report.pdf'],
  ['Ünïcødé näme.txt', 'Ünïcødé näme.txt'],
  ['日本語.pdf', '日本語.pdf'],
  ['a b  c\t.txt', 'a b c.txt'],
  ['', 'file'],
  [' ', 'file'],
  ['.', 'file'],
  ['..', 'file'],
  ['...', 'file'],
  ['. . .', 'file'],
  ['../../x', '_.._x'],
  ['..\\..\\x', '_.._x'],
  ['/etc/passwd', '_etc_passwd'],
  ['\\\\server\\share\\x', '__server_share_x'],
  ['C:\\Windows\\system.ini', 'C__Windows_system.ini'],
  ['C:x', 'C_x'],
  ['file.txt:stream', 'file.txt_stream'],
  ['file.txt::$DATA', 'file.txt__$DATA'],
  ['a/b', 'a_b'],
  ['a\u2044b', 'a_b'],
  ['a\u2215b', 'a_b'],
  ['a\uff0fb', 'a_b'],
  ['a\uff3cb', 'a_b'],
  ['a\u29f8b', 'a_b'],
  ['photo\u202Egpj.exe', 'photogpj.exe'],
  ['\u202Efdp.exe', 'fdp.exe'],
  ['a\u2066b\u2069.txt', 'ab.txt'],
  ['a\u200Fb\u200E.txt', 'ab.txt'],
  ['a\u061Cb.txt', 'ab.txt'],
  ['a\u202Ab\u202Bc\u202Cd\u202D.txt', 'abcd.txt'],
  ['a\u200Bb.txt', 'ab.txt'],
  ['\uFEFFa.txt', 'a.txt'],
  ['a\u00ADb.txt', 'ab.txt'],
  ['a\u2060b', 'ab'],
  ['a\u3164b', 'ab'],
  ['a\uE000b', 'ab'],
  ['a\uD800b', 'ab'],
  ['a\uDC00', 'a'],
  ['a\u2028b\u2029c', 'abc'],
  ['a\u0000b.txt', 'ab.txt'],
  ['a.txt\u0000.exe', 'a.txt.exe'],
  ['a\nb\r\nc.txt', 'abc.txt'],
  ['a\u001b[31mred.txt', 'a[31mred.txt'],
  ['a\u007Fb', 'ab'],
  ['a\u0085b', 'ab'],
  ['a\u00A0b', 'a b'],
  ['a\u3000b', 'a b'],
  ['CON', '_CON'],
  ['con', '_con'],
  ['con.txt', '_con.txt'],
  ['PRN.pdf', '_PRN.pdf'],
  ['aux.c', '_aux.c'],
  ['NUL', '_NUL'],
  ['nul.tar.gz', '_nul.tar.gz'],
  ['COM1', '_COM1'],
  ['com9.log', '_com9.log'],
  ['COM\u00b9', '_COM\u00b9'],
  ['LPT3.txt', '_LPT3.txt'],
  ['CONIN$', '_CONIN$'],
  ['conout$.x', '_conout$.x'],
  ['con .txt', '_con .txt'],
  ['c\u200Bon', '_con'],
  ['.con', '_con'],
  ['CONSOLE.txt', 'CONSOLE.txt'],
  ['com10.txt', 'com10.txt'],
  ['trailing.', 'trailing'],
  ['trailing ', 'trailing'],
  ['trailing. . .', 'trailing'],
  ['.gitignore', 'gitignore'],
  ['.htaccess', 'htaccess'],
  ['what?.txt', 'what_.txt'],
  ['a*b.txt', 'a_b.txt'],
  ['<script>alert(1)</script>', '_script_alert(1)__script_'],
  ['"quoted".txt', '_quoted_.txt'],
  ['a|b', 'a_b'],
  ['-rf', '-rf'],
  ['no extension', 'no extension'],
  ['e\u0301.txt', '\u00e9.txt'],
  ['%2e%2e%2fx', '%2e%2e%2fx'],
]

describe('safe file names', () => {
  it.each(names)('FI-22: %j becomes %j', (given, safe) => {
    expect(safeFileName(given)).toBe(safe)
  })

  it('FI-22: a name of 300 characters keeps its ending and fits 255 bytes', () => {
    expect(safeFileName(`${'a'.repeat(296)}.pdf`)).toBe(`${'a'.repeat(251)}.pdf`)
    const wide = safeFileName(`${'日'.repeat(300)}.tar`)
    expect(wide.endsWith('日.tar')).toBe(true)
    expect(utf8(wide).byteLength).toBeLessThanOrEqual(maxFileNameBytes)
    expect(utf8(safeFileName('👩'.repeat(300))).byteLength).toBe(252)
  })

  it('FI-22: an ending too long to be one is cut like the rest', () => {
    expect(safeFileName(`a.${'b'.repeat(400)}`)).toBe(`a.${'b'.repeat(253)}`)
    expect(safeFileName(`${'a.'.repeat(400)}b`).length).toBeLessThanOrEqual(255)
  })

  it('FI-22: whatever the name, the safe one is safe, and safe again is the same', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({
        unit: fc.constantFrom(...Array.from('./\\: con\u202Eaux\u0000\u200B日é\u0301$')),
        maxLength: 300,
      }),
    )
    fc.assert(
      fc.property(anything, (name) => {
        const safe = safeFileName(name)
        expect(safe).not.toBe('')
        expect(safe).not.toMatch(/[/\\:\p{Cc}\p{Cf}]|^[. ]|[. ]$/u)
        expect(utf8(safe).byteLength).toBeLessThanOrEqual(maxFileNameBytes)
        expect(safeFileName(safe)).toBe(safe)
      }),
      { numRuns: 3_000, seed: 7 },
    )
  })
})
