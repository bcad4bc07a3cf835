import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, FileId } from '../../core/base/ids.ts'
import type { Durability, FileView } from '../../core/files/index.ts'
import type { FakePeer } from '../../app/testing/fake-peer.ts'
import { drawnPicture } from '../../app/testing/pictures.ts'
import { mountRoom } from '../testing/mount-app.ts'

const ann = 'ann' as AccountId
const id = 'file' as FileId
const card = page.getByTestId('file-card')

const durability = (holders: readonly AccountId[], rest: Partial<Durability> = {}): Durability => ({
  k: 1,
  n: 3,
  holdings: holders.map((account) => ({ account, shards: [0, 1, 2], reachable: true })),
  survivableLosses: holders.length - 2,
  safeToClose: false,
  ...rest,
})

function share(peer: FakePeer, view: Partial<FileView> = {}, bytes?: Uint8Array<ArrayBuffer>): FileView {
  const file: FileView = {
    id,
    name: 'plan.pdf',
    mediaType: '',
    sizeBytes: 20_000_000,
    owner: peer.account,
    isLocal: false,
    keptBytes: 1000,
    durability: durability([peer.account]),
    ...view,
  }
  peer.open.files.put(file, bytes)
  const { name, sizeBytes, mediaType, owner } = file
  const body = { kind: 'file', file: id, key: new Uint8Array(32), name, sizeBytes, mediaType } as const
  peer.open.chat.add({ author: owner, body })
  return file
}

describe('a file card', () => {
  it('says who holds the file, and "safe to close" only once that is true', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    const file = share(peer)
    await expect.element(card).toHaveTextContent('Held by you · not yet safe to close: nobody else holds it')
    peer.open.files.put({ ...file, durability: durability([peer.account, ann]) })
    await expect.element(card).toHaveTextContent('Held by you and Ann · not yet safe to close: one more loss')
    peer.open.files.put({ ...file, durability: durability([peer.account, ann], { safeToClose: true }) })
    await expect.element(card).toHaveTextContent('Held by you and Ann · safe to close')
  })

  it('says what is missing until it is safe, and what it survives once it is', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    const file = share(peer)
    const put = (rest: Partial<Durability>): void => {
      peer.open.files.put({ ...file, durability: durability([peer.account, ann], rest) })
    }
    put({ needs: { kind: 'people', accounts: 2, bytesEach: 1_000_000 } })
    await expect.element(card).toHaveTextContent('2 more people are needed to keep 1 MB each')
    put({ needs: { kind: 'space', accounts: 1, bytesEach: 1_000_000 } })
    await expect.element(card).toHaveTextContent('who is here has no room: 1 person would have to keep 1 MB')
    put({ needs: { kind: 'time', accounts: 3, bytesEach: 1_000_000 } })
    await expect.element(card).toHaveTextContent('3 people are taking 1 MB each')
    put({ safeToClose: true, survivableLosses: 2 })
    await expect.element(card).toHaveTextContent('safe to close · any 2 of them may be lost')
    await expect.element(card.getByTestId('needs')).not.toBeInTheDocument()
  })

  it('warns of a file that may soon be lost, unless it is whole here', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    const file = share(peer, { owner: ann })
    await expect.element(card).toBeVisible()
    peer.open.files.events.emit('file:at-risk', { file: { ...file, name: 'mine.txt', isLocal: true } })
    peer.open.files.events.emit('file:at-risk', { file })
    await expect.element(page.getByText('plan.pdf is at risk')).toBeInTheDocument()
    await expect.element(page.getByText('mine.txt is at risk')).not.toBeInTheDocument()
  })

  it('names its mosaic for those who do not see it', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    share(peer, { durability: durability([ann]) })
    await expect.element(card.getByRole('img')).toHaveAttribute('aria-label', '3 of 3 shards held by Ann')
  })

  it('shows how a fetch goes on, from whom, and cancels it', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    share(peer, { owner: ann })
    peer.open.files.begin({
      id: 't',
      direction: 'fetch',
      name: 'plan.pdf',
      file: id,
      state: {
        kind: 'fetching',
        from: [ann],
        progress: { doneBytes: 5e6, totalBytes: 2e7, bytesPerSecond: 1.5e6, secondsLeft: 10 },
      },
    })
    await expect.element(card).toHaveTextContent('Gathering from Ann')
    await expect.element(card).toHaveTextContent('5 MB of 20 MB · 1.5 MB/s · 0:10 left')
    await card.getByRole('button', { name: 'Cancel plan.pdf' }).click()
    expect(peer.open.files.cancelled).toEqual(['t'])
    await expect.element(card.getByRole('button', { name: 'Download plan.pdf' })).toBeVisible()
  })

  it('says where a download went, and why one failed', async () => {
    const { peer } = await mountRoom()
    share(peer, { name: '../../x', owner: ann })
    peer.open.files.onFetch = async () => {
      throw Object.assign(new Error('3 pieces missing'), { name: 'FileUnavailableError' })
    }
    await card.getByRole('button', { name: 'Download ../../x' }).click()
    await expect.element(card).toHaveTextContent('Not enough of this file can be reached now.')
    peer.open.files.onFetch = async (_id, sink) => sink.close()
    await card.getByRole('button', { name: 'Download ../../x' }).click()
    await expect.element(card).toHaveTextContent('your browser put it with your downloads')
    await expect.element(card).not.toHaveTextContent('Saved as ../../x')
  })

  it('writes out what a name hides and keeps its extension in sight', async () => {
    const { peer } = await mountRoom()
    share(peer, { name: `${'long '.repeat(60)}\u202efdp.exe` })
    await expect.element(card).toHaveTextContent('‹U+202E›fdp.exe')
    const extension = card.getByText('.exe', { exact: true }).element().getBoundingClientRect()
    expect(extension.right).toBeLessThan(card.element().getBoundingClientRect().right)
  })

  it('shows a picture only when it is a raster image that is here', async () => {
    const { peer } = await mountRoom()
    share(peer, { name: 'drawing.svg', mediaType: 'image/svg+xml', isLocal: true, sizeBytes: 400 })
    await expect.element(card).toBeVisible()
    expect(card.element().querySelector('img')).toBeNull()
    const bytes = await drawnPicture()
    const picture = { name: 'a.png', mediaType: 'image/png', isLocal: true, sizeBytes: bytes.byteLength }
    peer.open.files.put({ ...(peer.open.files.list()[0] as FileView), ...picture }, bytes)
    await expect.element(card.getByAltText('Preview of a.png')).toBeVisible()
    expect(peer.open.files.transfers()).toEqual([])
  })

  it('shares what is pasted, one after the other, and says when that fails', async () => {
    const { peer } = await mountRoom()
    const taken: string[] = []
    peer.open.files.onShare = async (source) => {
      taken.push(source.name)
      throw Object.assign(new Error('full'), { name: 'QuotaExceededError', neededBytes: 5e6 })
    }
    const data = new DataTransfer()
    data.items.add(new File(['a'], 'a.txt'))
    data.items.add(new File(['b'], 'b.txt'))
    await userEvent.click(page.getByTestId('composer'))
    page
      .getByTestId('composer')
      .element()
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    await expect
      .element(page.getByText('b.txt was not shared. The browser has no more room: 5 MB'))
      .toBeVisible()
    expect(taken).toEqual(['a.txt', 'b.txt'])
  })
})
