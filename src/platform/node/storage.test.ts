import { spawn } from 'node:child_process'
import { appendFile, chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import type { AccountId, EntryId, FileId, RoomId } from '../../core/base/ids.ts'
import { storesSuite } from '../../core/storage/testing/stores-suite.ts'
import { guarded } from './durable-folder.ts'
import { openNodeStorage } from './storage.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

storesSuite('files', async () => {
  const path = await temporaryFolder()
  return [await openNodeStorage(path), await openNodeStorage(path)]
})

const failed = { name: 'StorageError' }
const [room, ann, f] = ['room' as RoomId, 'ann' as AccountId, 'f' as FileId]
const piece = (shard: number) => ({ segment: 0, shard, bytes: new Uint8Array(50), path: new Uint8Array(32) })
const all = async (path: string) => (await readdir(path, { recursive: true })).map(String)

describe('files: what is on the disk', () => {
  it('ST-5 leaves nothing behind once a file is removed or its packs are overwritten', async () => {
    const path = await temporaryFolder()
    const { shards } = await openNodeStorage(path)
    await shards.putPieces(f, [piece(0), piece(1)])
    await shards.putPieces(f, [piece(1), piece(2)])
    expect((await all(path)).filter((name) => name.endsWith('.pack'))).toHaveLength(1)
    await shards.deleteFile(f)
    expect((await all(path)).sort()).toEqual(['files', 'tmp'])
  })
  it.skipIf(process.platform === 'win32')('ST-6 only the owner may read anything', async () => {
    const path = join(await temporaryFolder(), 'data')
    const { settings, shards } = await openNodeStorage(path)
    await settings.set('k', 1)
    await shards.putPieces(f, [piece(0)])
    for (const name of ['', ...(await all(path))]) {
      expect((await stat(join(path, name))).mode & 0o077).toBe(0)
    }
  })
  it('ST-6 what a process left half-written is not seen, and is removed when it is old', async () => {
    const path = await temporaryFolder()
    await mkdir(join(path, 'tmp'))
    await writeFile(join(path, 'tmp', 'old'), 'half')
    await utimes(join(path, 'tmp', 'old'), 0, 0)
    await writeFile(join(path, 'tmp', 'new'), 'another process writes this now')
    const { shards, logs } = await openNodeStorage(path)
    expect((await shards.usage()).totalBytes).toBe(0)
    expect((await logs.heads(room)).size).toBe(0)
    expect(await readdir(join(path, 'tmp'))).toEqual(['new'])
  })
})

describe('files: failures', () => {
  it.each([
    ['a log entry', (p: string) => join(p, 'logs', '_room', '_ann', '0'.repeat(16))],
    ['a file record', (p: string) => join(p, 'files', '_f', 'record')],
  ])('ST-6 %s that is damaged is a StorageError, not a wrong answer', async (_, place) => {
    const path = await temporaryFolder()
    const { logs, shards } = await openNodeStorage(path)
    await logs.append(room, { author: ann, seq: 0, id: 'e' as EntryId, bytes: new Uint8Array(9) }, undefined)
    await shards.putFile({
      id: f,
      room,
      manifest: new Uint8Array(3),
      addedAt: 1,
      own: false,
      state: 'partial',
    })
    const bytes = await readFile(place(path))
    await writeFile(place(path), bytes.subarray(0, bytes.length - 2))
    const read = Promise.all([logs.range(room, ann, 0, 9), shards.file(f)])
    await expect(read).rejects.toMatchObject(failed)
  })
  it.each([
    ['cut short', (pack: string, bytes: Buffer) => writeFile(pack, bytes.subarray(0, bytes.length - 10))],
    ['grown', (pack: string) => appendFile(pack, 'more')],
    ['empty', (pack: string) => writeFile(pack, '')],
    ['of an index longer than itself', (pack: string) => writeFile(pack, new Uint8Array(8).fill(255))],
  ])('ST-6 a pack that is %s is a StorageError', async (_, harm) => {
    const path = await temporaryFolder()
    await (await openNodeStorage(path)).shards.putPieces(f, [piece(0)])
    const [name = ''] = await readdir(join(path, 'files', '_f', 'packs'))
    const pack = join(path, 'files', '_f', 'packs', name)
    await harm(pack, await readFile(pack))
    const { shards } = await openNodeStorage(path)
    await expect(shards.piece(f, 0, 0)).rejects.toMatchObject(failed)
  })
  it.each(['../x', 'a/b', '', '.', 'x'.repeat(129), 'a\0b', 'CON:'])(
    'ST-6 "%s" as an id names no file',
    async (id) => {
      const path = await temporaryFolder()
      const { logs, shards } = await openNodeStorage(path)
      await expect(shards.putPieces(id as FileId, [piece(0)])).rejects.toMatchObject(failed)
      await expect(shards.deleteFile(id as FileId)).rejects.toMatchObject(failed)
      await expect(logs.putReceipt(room, id as AccountId, new Uint8Array(1))).rejects.toMatchObject(failed)
      expect(await all(path)).toEqual(['tmp'])
    },
  )
  it('ST-6 a full disk is named with the bytes needed', async () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      const full = guarded(() => Promise.reject(Object.assign(new Error('full'), { code })), 77)
      await expect(full).rejects.toMatchObject({ name: 'QuotaExceededError', neededBytes: 77 })
    }
  })
  it('ST-6 a data folder that cannot be made is a StorageError', async () => {
    const path = await temporaryFolder()
    await writeFile(join(path, 'file'), '')
    await expect(openNodeStorage(join(path, 'file', 'data'))).rejects.toMatchObject(failed)
    if (process.platform !== 'win32' && process.getuid?.() !== 0) {
      await chmod(path, 0o500)
      await expect(openNodeStorage(join(path, 'data'))).rejects.toMatchObject(failed)
    }
  })
  it('ST-6 gives the space of the disk', async () => {
    const { estimate, requestPersist } = await openNodeStorage(await temporaryFolder())
    const { usageBytes, quotaBytes } = await estimate()
    expect(usageBytes).toBe(0)
    expect(quotaBytes).toBeGreaterThan(0)
    expect(await requestPersist()).toBe(true)
  })
})

describe('files: a process that is killed', () => {
  it('ST-2 loses nothing it was promised and leaves nothing half-written, five times over', async () => {
    const path = await temporaryFolder()
    const program = fileURLToPath(new URL('./testing/write-until-killed.ts', import.meta.url))
    const promised = new Set<number>()
    for (let round = 1; round <= 5; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', program, path])
      let heard = ''
      child.stdout.on('data', (data: Buffer) => {
        heard += data.toString()
      })
      const gone = new Promise((resolve) => child.once('close', resolve))
      await vi.waitFor(() => expect(heard.split('\n').length).toBeGreaterThan(3 + round), { timeout: 15_000 })
      child.kill('SIGKILL')
      await gone
      for (const line of heard.split('\n').slice(0, -1)) promised.add(Number(line))
      const { logs, shards } = await openNodeStorage(path)
      const entries = await logs.range(room, ann, 0, 100_000)
      expect(entries.map(({ seq, bytes }) => [seq, bytes.length])).toEqual(
        entries.map((_, seq) => [seq, 2_000]),
      )
      expect((await logs.heads(room)).get(ann)?.seq).toBe(entries.length - 1)
      const held = await shards.held('file' as FileId)
      for (const seq of promised) {
        expect(entries[seq]?.bytes[0]).toBe(seq % 256)
        expect((await shards.piece('file' as FileId, seq, 0))?.bytes).toHaveLength(50_000)
      }
      expect((await shards.usage()).totalBytes).toBe(held.size * 50_032)
    }
  }, 60_000)
})
