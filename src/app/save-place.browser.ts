import { describe, expect, it, onTestFinished } from 'vitest'
import { utf8 } from '../core/base/bytes.ts'
import { ManualClock } from '../core/base/testing/manual-clock.ts'
import type { ServedFile } from './file-server.ts'
import { SavePlace, type SaveWindow } from './save-place.ts'
import { FakeServer } from './testing/fake-server.ts'

const mb = 1_000_000
const never = new AbortController().signal

function saving(window: Partial<SaveWindow> = {}, isReady = true) {
  const server = new FakeServer()
  server.isReady = isReady
  const clock = new ManualClock()
  const places = new SavePlace({ window: { document, ...window }, server, clock })
  const served = (): ServedFile => {
    const [file] = server.served
    if (file === undefined) throw new Error('nothing is served')
    return file
  }
  return { places, server, served, clock }
}

/** A file of the private file system, which writes as a picked one does. */
async function pickedHandle(): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory()
  const name = `picked-${crypto.randomUUID()}`
  onTestFinished(() => root.removeEntry(name))
  return await root.getFileHandle(name, { create: true })
}

describe('a download through the worker', () => {
  it('FI-40: hands every byte over as the browser takes it, and is saved only once the last was taken', async () => {
    const { places, served, server, clock } = saving()
    const { sink, place } = await places.download('../a.bin', 5)
    expect(place).toEqual({ kind: 'downloads', name: '_a.bin' })
    let isWritten = false
    const writing = sink.write(utf8('abc')).then(() => (isWritten = true))
    await served().ready?.(never)
    expect(await served().read(0, 2, never)).toEqual(utf8('ab'))
    expect(isWritten).toBe(false)
    expect(await served().read(2, 5, never)).toEqual(utf8('c'))
    await writing
    const rest = sink.write(utf8('de'))
    await served().read(3, 5, never)
    await rest
    let isSaved = false
    const closing = sink.close().then(() => (isSaved = true))
    await Promise.resolve()
    expect(isSaved).toBe(false)
    served().ended?.('whole')
    await closing
    expect(server.served).toEqual([])
    // The browser may still be placing it.
    expect(document.querySelector('iframe[src^="about:blank#"]')).not.toBeNull()
    await clock.advance(10_000)
    expect(document.querySelector('iframe[src^="about:blank#"]')).toBeNull()
  })

  it.each(['dropped', 'lost'] as const)(
    'FI-41: one that ends %s is cut, whatever the browser calls it',
    async (how) => {
      const { places, served } = saving()
      const { sink } = await places.download('a.bin', 6)
      const writing = sink.write(utf8('abc'))
      await served().read(0, 6, never)
      await writing
      served().ended?.(how)
      await expect(sink.write(utf8('def'))).rejects.toMatchObject({ name: 'DownloadCutError' })
      await expect(sink.close()).rejects.toMatchObject({ name: 'DownloadCutError' })
    },
  )

  it('FI-41: fewer bytes than the file has are not a file', async () => {
    const { places, served } = saving()
    const { sink } = await places.download('a.bin', 6)
    served().ended?.('whole')
    await expect(sink.close()).rejects.toMatchObject({ name: 'DownloadCutError' })
  })

  it('FI-40: fails in the browser as well when the file cannot be had', async () => {
    const { places, served } = saving()
    const { sink } = await places.download('a.bin', 6)
    const reading = served().read(0, 6, never)
    await sink.abort(new Error('no holder'))
    await expect(reading).rejects.toThrow('no holder')
  })

  it('FI-40: says so when the browser never begins', async () => {
    const { places, clock } = saving()
    const { sink } = await places.download('a.bin', 6)
    const writing = sink.write(utf8('abc'))
    writing.catch(() => undefined) // met below
    await clock.advance(30_000)
    await expect(writing).rejects.toMatchObject({ name: 'DownloadBlockedError' })
    await sink.abort(new Error('over'))
  })
})

describe('without a worker', () => {
  it('FI-40: a small file is gathered, a large one is not', async () => {
    const { places } = saving({}, false)
    expect((await places.download('a.bin', 50 * mb)).place.kind).toBe('downloads')
    await expect(places.download('a.bin', 50 * mb + 1)).rejects.toMatchObject({ name: 'SaveTooLargeError' })
  })

  it('FI-40: a large one waits for the worker of a first visit', async () => {
    const { places, server } = saving({}, false)
    server.isExpected = true
    const saved = places.download('a.bin', 50 * mb + 1)
    server.events.emit('server:changed', {})
    server.isReady = true
    server.events.emit('server:changed', {})
    expect((await saved).place.kind).toBe('downloads')
  })

  it('FI-40: a large one does not wait for a worker for ever', async () => {
    const { places, server, clock } = saving({}, false)
    server.isExpected = true
    const saved = places.download('a.bin', 50 * mb + 1)
    saved.catch(() => undefined) // met below
    await clock.advance(20_000)
    await expect(saved).rejects.toMatchObject({ name: 'SaveTooLargeError' })
  })

  it('FI-40: a large one asks for a place where the browser can', async () => {
    const handle = await pickedHandle()
    const { places } = saving({ showSaveFilePicker: async () => handle }, false)
    const { place, sink } = await places.download('a.bin', 50 * mb + 1)
    expect(place.kind).toBe('picked')
    await sink.abort(new Error('enough'))
  })
})

describe('a picked place', () => {
  it('FI-40: is written as bytes come, and untouched until all are there', async () => {
    const handle = await pickedHandle()
    const { places } = saving({ showSaveFilePicker: async () => handle })
    const { sink } = await places.pick('a.bin', 3)
    await sink.write(utf8('ab'))
    expect((await handle.getFile()).size).toBe(0)
    await sink.write(utf8('c'))
    await sink.close()
    expect(await (await handle.getFile()).text()).toBe('abc')
    const aborted = await places.pick('a.bin', 3)
    await aborted.sink.write(utf8('x'))
    await aborted.sink.abort(new Error('no holder'))
    expect(await (await handle.getFile()).text()).toBe('abc')
  })

  it('is shown again, and said to be gone when it is', async () => {
    const handle = await pickedHandle()
    const shown: unknown[] = []
    const { places } = saving({
      showSaveFilePicker: async () => handle,
      showOpenFilePicker: async ({ startIn }) => shown.push(startIn),
    })
    const { place, sink } = await places.pick('a.bin', 3)
    await sink.close()
    expect(places.canShow(place)).toBe(true)
    await places.show(place)
    expect(shown).toEqual([handle])
    const gone = { getFile: async () => Promise.reject(new DOMException('gone', 'NotFoundError')) }
    const moved = { ...place, handle: gone as unknown as FileSystemFileHandle } // as a moved file answers
    await expect(places.show(moved)).rejects.toMatchObject({ name: 'SavedCopyGoneError' })
  })

  it('closed without a choice is no failure', async () => {
    const showSaveFilePicker = async (): Promise<never> => {
      throw new DOMException('closed', 'AbortError')
    }
    const { places } = saving({ showSaveFilePicker })
    await expect(places.pick('a.bin', 3)).rejects.toMatchObject({ name: 'AbortError' })
  })
})
