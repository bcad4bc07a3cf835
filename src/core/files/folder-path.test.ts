import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxFolderDepth, safeFolderPaths, safePathParts } from './folder-path.ts'

describe('paths in a folder', () => {
  it('FI-44: never lead out of the folder, whatever they say', () => {
    expect(safePathParts('a/b/c.txt')).toEqual(['a', 'b', 'c.txt'])
    expect(safePathParts('../../etc/passwd')).toEqual(['etc', 'passwd'])
    expect(safePathParts('/root/x')).toEqual(['root', 'x'])
    expect(safePathParts('C:\\Windows\\x.dll')).toEqual(['C_', 'Windows', 'x.dll'])
    expect(safePathParts('a/./. ./../b')).toEqual(['a', 'b'])
    expect(safePathParts('con/aux.txt')).toEqual(['_con', '_aux.txt'])
    expect(safePathParts('')).toEqual(['file'])
    expect(safePathParts('///')).toEqual(['file'])
  })

  it('FI-44: come up when they lie too deep or grow too long', () => {
    expect(safePathParts('d/'.repeat(40) + 'x.txt')).toHaveLength(maxFolderDepth)
    expect(safePathParts(`${'d'.repeat(150)}/${'e'.repeat(150)}/x.txt`).at(-1)).toBe('x.txt')
  })

  it('FI-44: are all different, also where case, accents and folders of the same name do not tell them apart', () => {
    expect(
      safeFolderPaths(['a.txt', 'A.txt', 'e\u0301', '\u00e9', 'd/x', 'D']).map((p) => p.join('/')),
    ).toEqual(['a.txt', 'A (2).txt', 'é', 'é (2)', 'd/x', 'D (2)'])
  })

  it('FI-44: are numbered apart however long they are', () => {
    const long = '🧩'.repeat(80)
    expect(new Set(safeFolderPaths([long, long, long]).flat()).size).toBe(3)
    const dotted = `a.${'b'.repeat(300)}`
    expect(new Set(safeFolderPaths([dotted, dotted]).flat()).size).toBe(2)
  })

  it('FI-44: stay safe and different for any names', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 }), (paths) => {
        const safe = safeFolderPaths(paths)
        const keys = safe.map((parts) => parts.join('/').toLowerCase())
        expect(new Set(keys).size).toBe(paths.length)
        for (const part of safe.flat()) {
          expect(part).not.toMatch(/[/\\:\0]/)
          expect(part).not.toMatch(/^\.+$/)
          expect(part).not.toBe('')
        }
      }),
    )
  })
})
