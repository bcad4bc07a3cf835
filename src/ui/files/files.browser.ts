import { describe, expect, it, onTestFinished } from 'vitest'
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

describe('showing a file in its card', () => {
  it('FI-42: offers to play sound and film, and nothing that could run', async () => {
    const { peer } = await mountRoom()
    peer.server.isReady = true
    const file = share(peer, { name: 'film.webm', mediaType: 'video/webm', owner: ann })
    const play = card.getByRole('button', { name: 'Play film.webm' })
    await expect.element(play).toBeVisible()
    for (const mediaType of ['text/html', 'image/svg+xml', 'application/pdf']) {
      peer.open.files.put({ ...file, mediaType })
      await expect.element(play).not.toBeInTheDocument()
      await expect.element(card.getByRole('button', { name: 'Show film.webm' })).not.toBeInTheDocument()
    }
  })

  it('does not offer to play where no worker could answer the player', async () => {
    const { peer } = await mountRoom()
    share(peer, { name: 'film.webm', mediaType: 'video/webm', owner: ann })
    const play = card.getByRole('button', { name: 'Play film.webm' })
    await expect.element(card.getByRole('button', { name: 'Download film.webm' })).toBeVisible()
    await expect.element(play).not.toBeInTheDocument()
    peer.server.isReady = true
    peer.server.events.emit('server:changed', {})
    await expect.element(play).toBeVisible()
  })

  it('FI-43: plays from a reader, says why it cannot go on, and gives the address back when closed', async () => {
    const { peer } = await mountRoom()
    peer.server.isReady = true
    const bytes = new Uint8Array(20).map((_, i) => i)
    share(peer, { name: 'song.wav', mediaType: 'audio/x-wav', owner: ann, sizeBytes: 20 })
    peer.open.files.put(peer.open.files.list()[0] as FileView, bytes)
    await card.getByRole('button', { name: 'Play song.wav' }).click()
    const [served] = peer.server.served
    const never = new AbortController().signal
    expect(served).toMatchObject({ mediaType: 'audio/wav', isDownload: false, sizeBytes: 20 })
    expect(await served?.read(5, 9, never)).toEqual(bytes.slice(5, 9))
    peer.open.files.openReader = async () => {
      throw Object.assign(new Error('none'), { name: 'FileUnavailableError' })
    }
    // The address of the test answers no player.
    await expect.element(card).toHaveTextContent('Your browser cannot play this kind of file.')
    await card.getByRole('button', { name: 'Close song.wav' }).click()
    expect(peer.server.served).toEqual([])
    await card.getByRole('button', { name: 'Play song.wav' }).click()
    await expect(peer.server.served[0]?.read(0, 1, never)).rejects.toThrow('none')
    await expect.element(card).toHaveTextContent('Not enough of this file can be reached now.')
  })

  it('gathers a picture that is elsewhere only when asked to', async () => {
    const { peer } = await mountRoom()
    const bytes = await drawnPicture()
    const picture = { name: 'a.png', mediaType: 'image/png', owner: ann, sizeBytes: bytes.byteLength }
    const file = share(peer, picture)
    peer.open.files.put(file, bytes)
    await expect.element(card.getByRole('button', { name: 'Show a.png' })).toBeVisible()
    expect(card.element().querySelector('img')).toBeNull()
    await card.getByRole('button', { name: 'Show a.png' }).click()
    await expect.element(card.getByAltText('Preview of a.png')).toBeVisible()
  })
})

describe('the menu of a card', () => {
  it('opens by keyboard, moves by arrows and gives the focus back', async () => {
    const { peer } = await mountRoom()
    share(peer, {
      owner: ann,
      keptBytes: 5,
      durability: durability([ann, peer.account], { safeToClose: true }),
    })
    const button = card.getByRole('button', { name: 'More for plan.pdf' })
    await expect.element(button).toBeVisible()
    ;(button.element() as HTMLElement).focus()
    await userEvent.keyboard('{Enter}')
    await expect.element(button).toHaveAttribute('aria-expanded', 'true')
    const items = page.getByRole('menuitem').elements()
    await expect.poll(() => document.activeElement).toBe(items[0])
    // Its sharer and another hold it all: nothing is asked.
    await userEvent.keyboard('{ArrowUp}')
    expect(document.activeElement).toBe(items.at(-1))
    await userEvent.keyboard('{Escape}')
    await expect.poll(() => document.activeElement).toBe(button.element())
    await button.click()
    await page.getByRole('menuitem', { name: 'Free space' }).click()
    expect(peer.open.files.forgotten).toEqual([id])
  })
})

describe('a file in hand', () => {
  it('warns with the truth before the last tiles are freed, and frees them on a second word', async () => {
    const { peer } = await mountRoom()
    const file = share(peer, { keptBytes: 5 })
    await more('plan.pdf', 'Free space')
    const dialog = page.getByRole('dialog')
    await expect.element(dialog).toHaveTextContent('nobody else has enough of its tiles')
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    expect(peer.open.files.forgotten).toEqual([])
    const away = { account: ann, shards: [0, 1, 2], reachable: false }
    peer.open.files.put({ ...file, durability: { ...file.durability, holdings: [away] } })
    await more('plan.pdf', 'Free space')
    await expect.element(dialog).toHaveTextContent('Only people who are away')
    await dialog.getByRole('button', { name: 'Free it all the same' }).click()
    expect(peer.open.files.forgotten).toEqual([id])
  })

  it('FI-48: is withdrawn by its sharer only, after a question, and then says so', async () => {
    const { peer } = await mountRoom()
    const file = share(peer, { owner: ann })
    await card.getByRole('button', { name: 'More for plan.pdf' }).click()
    await expect.element(page.getByRole('menuitem', { name: 'Copy link to it' })).toBeVisible()
    await expect.element(page.getByRole('menuitem', { name: 'Withdraw for all' })).not.toBeInTheDocument()
    await userEvent.keyboard('{Escape}')
    peer.open.files.put({ ...file, owner: peer.account })
    await more('plan.pdf', 'Withdraw for all')
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw for all' }).click()
    await expect.element(card).toHaveTextContent('Withdrawn by its sharer')
  })

  it('FI-46: is kept on a person’s word while it is not whole here', async () => {
    const { peer } = await mountRoom()
    const file = share(peer, { owner: ann })
    await more('plan.pdf', 'Keep it here')
    expect(peer.open.files.keptFiles).toEqual([id])
    peer.open.files.put({ ...file, isLocal: true })
    await card.getByRole('button', { name: 'More for plan.pdf' }).click()
    await expect.element(page.getByRole('menuitem', { name: 'Export sealed (.tessera)' })).toBeVisible()
    await expect.element(page.getByRole('menuitem', { name: 'Keep it here' })).not.toBeInTheDocument()
  })

  it('FI-47: has a link that opens the room at it', async () => {
    const { peer, app } = await mountRoom()
    share(peer)
    await expect.element(card).toBeVisible()
    expect(app.room?.files.care.linkTo(id)).toMatch(/#\/r\/[\w-]+\/f\/file$/)
  })

  it('shows how a transfer stands: paused, interrupted, from whom', async () => {
    const { peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    share(peer, { owner: ann, durability: durability([ann]) })
    const { files } = peer.open
    const progress = { doneBytes: 5e6, totalBytes: 2e7, bytesPerSecond: 1.5e6, secondsLeft: 10 }
    const holder = { account: ann, receivedBytes: 5e6, bytesPerSecond: 1.5e6, kind: 'giving' } as const
    const fetching = { kind: 'fetching', from: [ann], progress, holders: [holder] } as const
    files.begin({ id: 't', direction: 'fetch', name: 'plan.pdf', file: id, state: fetching })
    await card.getByText('Who has what').click()
    await expect.element(card.getByRole('listitem')).toHaveTextContent('Ann')
    await expect
      .element(card.getByRole('listitem'))
      .toHaveTextContent('3 of 3 tiles · gave 5 MB, now 1.5 MB/s')
    await card.getByRole('button', { name: 'Pause plan.pdf' }).click()
    expect(files.paused).toEqual(['t'])
    files.setTransfer('t', { kind: 'paused', progress })
    await expect.element(card).toHaveTextContent('Paused')
    await expect.element(card).toHaveTextContent('25 % · 5 MB of 20 MB')
    await card.getByRole('button', { name: 'Go on with plan.pdf' }).click()
    expect(files.paused).toEqual([])
    files.setTransfer('t', { kind: 'interrupted', progress })
    await expect.element(card).toHaveTextContent('Interrupted: what has come is kept')
    let isAsked = false
    files.onFetch = async (_id, sink) => {
      isAsked = true
      await sink.close()
      files.setTransfer('t', { kind: 'done' })
    }
    await card.getByRole('button', { name: 'Go on with plan.pdf' }).click()
    await expect.poll(() => isAsked).toBe(true)
    await expect.element(card.getByRole('button', { name: 'Download plan.pdf' })).toBeVisible()
  })
})

describe('files of the room', () => {
  it('keep a history of what was shared and saved, with the reason of what failed', async () => {
    await page.viewport(1_280, 800)
    onTestFinished(() => page.viewport(414, 896))
    const { peer } = await mountRoom()
    share(peer, { owner: ann })
    peer.open.files.onFetch = async () => {
      throw Object.assign(new Error('none'), { name: 'FileUnavailableError' })
    }
    await card.getByRole('button', { name: 'Download plan.pdf' }).click()
    peer.open.files.onFetch = async (_id, sink) => sink.close()
    await expect.element(card).toHaveTextContent('Not enough of this file can be reached now.')
    await card.getByRole('button', { name: 'Download plan.pdf' }).click()
    await expect.element(card).toHaveTextContent('your browser put it with your downloads')
    await page.getByRole('button', { name: 'More for files' }).click()
    await page.getByRole('menuitem', { name: 'Past transfers' }).click()
    const rows = page.getByRole('dialog').getByRole('listitem')
    await expect
      .poll(() => rows.elements().map((row) => row.getAttribute('data-end')))
      .toEqual(['done', 'failed'])
    await expect.element(rows.nth(1)).toHaveTextContent('Not enough of this file can be reached now.')
    await page.getByRole('button', { name: 'Clear the list' }).click()
    await expect.element(page.getByRole('dialog')).toHaveTextContent('Nothing was shared or saved here yet.')
  })

  it('FI-49: take sealed files in, and say what is wrong with one that is not', async () => {
    const { peer, app } = await mountRoom()
    share(peer, { owner: ann })
    peer.open.files.onTakeIn = async ({ name }) => {
      if (name === 'good.tessera') return id
      throw Object.assign(new Error('no'), { name: 'InvalidSealedFileError' })
    }
    await expect.element(card).toBeVisible()
    await app.room?.files.care.takeIn([new File(['x'], 'good.tessera'), new File(['x'], 'bad.tessera')])
    await expect.element(page.getByText('plan.pdf was imported: every tile is right.')).toBeVisible()
    await expect
      .element(page.getByText('bad.tessera was not imported. This is not a sealed file'))
      .toBeVisible()
  })
})

/** Opens a card's menu and takes one thing from it. */
async function more(name: string, item: string): Promise<void> {
  await card.getByRole('button', { name: `More for ${name}` }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
