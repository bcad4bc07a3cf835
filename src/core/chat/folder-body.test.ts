import { describe, expect, it } from 'vitest'
import { toBase64Url } from '../base/bytes.ts'
import type { FileId } from '../base/ids.ts'
import { readBody, writeBody } from './body.ts'
import { maxFolderFiles } from './constants.ts'
import type { EntryBody, FolderEntry } from './index.ts'

const idOf = (i: number): FileId => toBase64Url(new Uint8Array(32).fill(i)) as FileId
const entry = (i: number, rest: Partial<FolderEntry> = {}): FolderEntry => ({
  ...{ path: `a/${i}.txt`, file: idOf(i), key: new Uint8Array(32), sizeBytes: i, mediaType: '' },
  ...rest,
})
const folder = (files: readonly FolderEntry[]): EntryBody => ({ kind: 'folder', name: 'Trip', files })

describe('a folder as it travels', () => {
  it('CH-7: comes back as it was, half characters made whole', () => {
    const body = folder([entry(1), entry(2, { path: 'x/\ud800.txt' })])
    expect(readBody(writeBody(body))).toEqual(folder([entry(1), entry(2, { path: 'x/\ufffd.txt' })]))
  })

  it('CH-7: has at least one file, at most 256, and at most 64 KiB', () => {
    const many = Array.from({ length: maxFolderFiles + 1 }, (_, i) => entry(i % 256))
    expect(() => writeBody(folder([]))).toThrow('wrong shape')
    expect(() => writeBody(folder(many))).toThrow('wrong shape')
    const long = many.slice(1).map((file) => ({ ...file, path: 'p'.repeat(300) }))
    expect(() => writeBody(folder(long))).toThrow('expected a folder of at most 65536 bytes')
    expect(readBody(writeBody(folder(many.slice(1))))).toMatchObject({ kind: 'folder' })
  })

  it('CH-7: of another shape is kept unshown', () => {
    const { files, ...rest } = writeBody(folder([entry(1)])) as ReturnType<typeof writeBody> & {
      files: readonly Record<string, unknown>[]
    }
    for (const wrong of [{ key: new Uint8Array(31) }, { file: 'text' }, { sizeBytes: -1 }, { path: '' }]) {
      expect(readBody({ ...rest, files: [{ ...files[0], ...wrong }] })).toBeUndefined()
    }
    expect(readBody({ ...rest, files: [{ ...files[0], later: true }] })).toMatchObject({ name: 'Trip' })
  })
})

describe('taking back as it travels', () => {
  it('CH-7: names at least one file, at most 256', () => {
    const body: EntryBody = { kind: 'withdraw', files: [idOf(1), idOf(2)] }
    expect(readBody(writeBody(body))).toEqual(body)
    expect(() => writeBody({ kind: 'withdraw', files: [] })).toThrow('wrong shape')
    expect(readBody({ kind: 'withdraw', files: [new Uint8Array(31)] })).toBeUndefined()
  })
})
