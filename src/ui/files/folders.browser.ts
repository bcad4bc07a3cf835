import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, FileId } from '../../core/base/ids.ts'
import type { AppState } from '../../app/app.svelte.ts'
import type { RoomState } from '../../app/room.svelte.ts'
import type { FakePeer } from '../../app/testing/fake-peer.ts'
import { mountRoom } from '../testing/mount-app.ts'

const ann = 'ann' as AccountId
const card = page.getByTestId('folder-card')
const content = new TextEncoder().encode('tile')

/** Posts a folder of so many files, each known and of four bytes. */
function post(peer: FakePeer, paths: readonly string[], author = ann): void {
  const files = paths.map((path, i) => {
    const id = `file ${i}` as FileId
    const durability = { k: 1, n: 1, holdings: [], survivableLosses: -1, safeToClose: false }
    const view = { id, name: path, mediaType: '', sizeBytes: 4, owner: author, isLocal: false, keptBytes: 0 }
    peer.open.files.put({ ...view, durability }, content)
    return { path, file: id, key: new Uint8Array(32), sizeBytes: 4, mediaType: '' }
  })
  peer.open.chat.add({ author, body: { kind: 'folder', name: 'Trip', files } })
}

describe('a folder card', () => {
  it('FI-44: lists its files with their places, a few first', async () => {
    const { peer } = await mountRoom()
    post(peer, ['a.txt', 'deep/b.txt', ...Array.from({ length: 8 }, (_, i) => `c${i}.txt`)])
    await expect.element(card).toHaveTextContent('10 files · 40 bytes')
    await expect.element(card).toHaveTextContent('deep/b.txt')
    expect(card.getByRole('listitem').elements()).toHaveLength(6)
    await card.getByRole('button', { name: 'Show all 10' }).click()
    await expect.poll(() => card.getByRole('listitem').elements().length).toBe(10)
  })

  it('FI-45: is saved into a new folder where the person picks, hostile paths made safe', async () => {
    const root = await navigator.storage.getDirectory()
    const place = await root.getDirectoryHandle(`place ${crypto.randomUUID()}`, { create: true })
    await place.getDirectoryHandle('Trip', { create: true })
    const { peer, window } = await mountRoom()
    Object.assign(window, { showDirectoryPicker: async () => place })
    post(peer, ['../../up.txt', 'deep/b.txt', 'deep/B.txt'])
    peer.open.chat.add({ author: ann, body: { kind: 'text', text: 'drawn anew' } })
    await card.getByRole('button', { name: 'Save folder Trip' }).click()
    await expect.element(card).toHaveTextContent('Saved as the folder Trip (2) in the place you chose')
    const saved = await place.getDirectoryHandle('Trip (2)')
    const deep = await saved.getDirectoryHandle('deep')
    expect(await namesIn(saved)).toEqual(['deep', 'up.txt'])
    expect(await namesIn(deep)).toEqual(['B (2).txt', 'b.txt'])
    expect(await (await (await deep.getFileHandle('b.txt')).getFile()).text()).toBe('tile')
    await root.removeEntry(place.name, { recursive: true })
  })

  it('FI-45: names what could not be had, and leaves the rest', async () => {
    const root = await navigator.storage.getDirectory()
    const place = await root.getDirectoryHandle(`place ${crypto.randomUUID()}`, { create: true })
    const { peer, window } = await mountRoom()
    Object.assign(window, { showDirectoryPicker: async () => place })
    post(peer, ['a.txt', 'b.txt'])
    peer.open.files.onFetch = async (id, sink) => {
      const error = Object.assign(new Error('none'), { name: 'FileUnavailableError' })
      if (id === 'file 0') {
        await sink.abort(error)
        throw error
      }
      await sink.write(content)
      await sink.close()
    }
    await card.getByRole('button', { name: 'Save folder Trip' }).click()
    await expect.element(card).toHaveTextContent('1 file could not be had: a.txt')
    expect(await namesIn(await place.getDirectoryHandle('Trip'))).toEqual(['b.txt'])
    await root.removeEntry(place.name, { recursive: true })
  })

  it('FI-45: is one zip where there is no folder picker', async () => {
    const { peer } = await mountRoom()
    post(peer, ['a.txt', 'deep/b.txt'])
    await card.getByRole('button', { name: 'Save Trip as zip' }).click()
    await expect.element(card).toHaveTextContent('Saved as Trip.zip')
  })

  it('FI-48: is withdrawn whole by its sharer', async () => {
    const { peer } = await mountRoom()
    post(peer, ['a.txt', 'b.txt'], peer.account)
    await card.getByRole('button', { name: 'More for Trip' }).click()
    await page.getByRole('menuitem', { name: 'Withdraw for all' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw for all' }).click()
    await expect.element(card).toHaveTextContent('Withdrawn by its sharer')
  })
})

describe('sharing a folder', () => {
  it('FI-44: keeps the places of its files, and cuts one that is too large for an entry', async () => {
    const { peer, app } = await mountRoom()
    const files = Array.from({ length: 300 }, (_, i) => ({
      path: `deep/${String(i).padStart(3, '0')}.txt`,
      file: new File(['x'], 'x.txt'),
    }))
    await (await opened(app)).files.sharing.picked({ files: [], folders: [{ name: 'Trip', files }] })
    await expect.poll(() => peer.open.files.sharedFolders.length).toBe(2)
    expect(peer.open.files.sharedFolders.map(({ name, files: { length } }) => [name, length])).toEqual([
      ['Trip (1/2)', 256],
      ['Trip (2/2)', 44],
    ])
    expect(peer.open.files.sharedFolders[1]?.files[0]?.path).toBe('deep/256.txt')
  })

  it('says so when there is nothing in it, or too much', async () => {
    const { app } = await mountRoom()
    await (await opened(app)).files.sharing.picked({ files: [], folders: [{ name: 'Void', files: [] }] })
    await expect.element(page.getByText('Void has no files in it')).toBeVisible()
    const files = Array.from({ length: 4_097 }, (_, i) => ({ path: `${i}`, file: new File([], 'x') }))
    await (await opened(app)).files.sharing.picked({ files: [], folders: [{ name: 'Huge', files }] })
    await expect.element(page.getByText('This folder has more than 4,096 files')).toBeVisible()
  })

  it('takes files pasted anywhere, but text where a picture of it comes along', async () => {
    const { peer } = await mountRoom()
    const taken: string[] = []
    peer.open.files.onShare = async ({ name }) => {
      taken.push(name)
      return name as FileId
    }
    await userEvent.click(page.getByTestId('composer'))
    const both = new DataTransfer()
    both.items.add(new File(['a'], 'picture of text.png', { type: 'image/png' }))
    both.setData('text/plain', 'text')
    both.setData('text/html', '<b>text</b>')
    paste(page.getByTestId('composer').element(), both)
    const only = new DataTransfer()
    only.items.add(new File(['a'], 'picture.png', { type: 'image/png' }))
    paste(document.body, only)
    await expect.poll(() => taken).toEqual(['picture.png'])
  })
})

/** The room, once it is open. */
async function opened(app: AppState): Promise<RoomState> {
  await expect.poll(() => app.room).toBeDefined()
  if (app.room === undefined) throw new Error('the room is open')
  return app.room
}

function paste(target: Element, clipboardData: DataTransfer): void {
  target.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  return names.sort()
}
