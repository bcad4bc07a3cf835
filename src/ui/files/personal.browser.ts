import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, EntryId, FileId } from '../../core/base/ids.ts'
import type { FakePeer } from '../../app/testing/fake-peer.ts'
import { mountRoom } from '../testing/mount-app.ts'

const [ann, ben] = ['ann' as AccountId, 'ben' as AccountId]
const id = 'file' as FileId
const card = page.getByTestId('file-card')

function people({ open }: FakePeer): void {
  open.room.put({ account: ann, name: 'Ann' })
  open.room.put({ account: ben, name: 'Ben' })
}

/** An entry for one person; `isOpened` as it is with that person and the author. */
function send(peer: FakePeer, author: AccountId, to: AccountId, isOpened = true): EntryId {
  const sealed = { keys: [new Uint8Array(), new Uint8Array()] as const, sealed: new Uint8Array() }
  const body = { kind: 'personal', to, files: [id], ...sealed } as const
  const entry = peer.open.chat.add({ author, body }) as EntryId // the fake's keys are its ids
  if (!isOpened) return entry
  const facts = { name: 'plan.pdf', sizeBytes: 1_000, mediaType: '' }
  const durability = { k: 1, n: 1, holdings: [], survivableLosses: 1, safeToClose: true }
  peer.open.files.put({ id, owner: author, to, durability, isLocal: false, keptBytes: 0, ...facts })
  peer.open.files.openPersonal(entry, { kind: 'file', file: id, key: new Uint8Array(32), ...facts })
  return entry
}

describe('what is for one person', () => {
  it('FI-71 is a card that says so to the receiver and to the sender', async () => {
    const { peer } = await mountRoom(people)
    send(peer, ann, peer.account)
    await expect.element(page.getByText('only for you, from Ann')).toBeVisible()
    await expect.element(card).toHaveTextContent('plan.pdf')
    send(peer, peer.account, ben)
    await expect.element(page.getByTestId('message').getByText('only for Ben')).toBeVisible()
  })

  it('FI-71 is nothing at all to a third person: no row, no unread count, no announcement', async () => {
    const { peer, app } = await mountRoom(people)
    await expect.element(page.getByTestId('composer')).toBeVisible()
    send(peer, ann, ben, false)
    peer.open.chat.add({ author: ann, body: { kind: 'text', text: 'after' } })
    await expect.element(page.getByText('after')).toBeVisible()
    expect(page.getByTestId('message').elements()).toHaveLength(1)
    expect(app.room?.chat.unread).toBe(0)
  })

  it('FI-71 that does not open says so and offers nothing', async () => {
    const { peer } = await mountRoom(people)
    const entry = send(peer, ann, peer.account, false)
    await expect.element(page.getByText('Opening…')).toBeVisible()
    peer.open.files.openPersonal(entry, 'unreadable')
    await expect.element(page.getByText('it does not open here')).toBeVisible()
    expect(card.elements()).toHaveLength(0)
  })

  it('is delivered when that person has it, whoever else carries it', async () => {
    const { peer } = await mountRoom(people)
    const entry = send(peer, peer.account, ben)
    const mark = page.getByTestId('message-state')
    peer.open.chat.change(entry, { state: 'delivered', deliveredTo: [ann] })
    await expect.element(mark).toHaveAttribute('data-state', 'sent')
    peer.open.chat.change(entry, { state: 'delivered', deliveredTo: [ann, ben] })
    await expect.element(mark).toHaveTextContent('Delivered to Ben')
  })

  it('is sent from the paperclip, after choosing whom it is for', async () => {
    const { peer } = await mountRoom(people)
    await userEvent.click(page.getByRole('button', { name: 'Share files' }))
    await userEvent.click(page.getByRole('menuitem', { name: 'Only for one person' }))
    const dialog = page.getByRole('dialog', { name: 'Only for one person' })
    await expect.element(dialog).toBeVisible()
    const input = dialog.element().querySelector('input')
    if (input === null) throw new Error('the dialog has a picker')
    const opened = new Promise<void>((resolve) => (input.click = () => resolve()))
    await userEvent.click(dialog.getByRole('button', { name: 'Ben' }))
    await opened
    await userEvent.upload(input, new File(['x'], 'x.txt'))
    await expect.element(dialog).not.toBeInTheDocument()
    expect(peer.open.files.sharedTo).toEqual([ben])
  })

  it('cannot be sent to who uses an older build, and the row says why', async () => {
    const { peer } = await mountRoom((fake) => {
      fake.open.room.olderBuilds.add(ben)
      people(fake)
    })
    await userEvent.click(page.getByRole('button', { name: 'People and files' }))
    const row = page.getByTestId('person').filter({ hasText: 'Ben' })
    await userEvent.click(row.getByRole('button', { name: 'Nothing can be sent only to Ben yet' }))
    await expect.element(page.getByText('they were here with an older Tessera').first()).toBeVisible()
    expect(peer.open.files.sharedTo).toEqual([])
  })

  it('is dropped onto a person while files are dragged over the window', async () => {
    const { peer } = await mountRoom(people)
    await expect.element(page.getByTestId('composer')).toBeVisible()
    const data = new DataTransfer()
    data.items.add(new File(['x'], 'x.txt'))
    const drag = (type: string): DragEvent =>
      new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true })
    window.dispatchEvent(drag('dragenter'))
    const target = page.getByTestId('drop-person').filter({ hasText: 'Ann' })
    await expect.element(target).toBeVisible()
    target.element().dispatchEvent(drag('drop'))
    await expect.poll(() => peer.open.files.sharedTo).toEqual([ann])
  })
})
