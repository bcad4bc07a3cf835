import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, FileId } from '../../core/base/ids.ts'
import type { Transfer } from '../../core/files/index.ts'
import type { FakePeer } from '../../app/testing/fake-peer.ts'
import { mountRoom } from '../testing/mount-app.ts'

const id = 'file' as FileId
const card = page.getByTestId('file-card')
const progress = { doneBytes: 5_000_000, totalBytes: 20_000_000, bytesPerSecond: 0, secondsLeft: undefined }

/** A card on which something goes on. */
function begin({ open }: FakePeer, transfer: Pick<Transfer, 'direction' | 'state'>): void {
  const facts = { name: 'plan.pdf', mediaType: '', sizeBytes: 20_000_000 }
  const durability = { k: 1, n: 1, holdings: [], survivableLosses: 0, safeToClose: false }
  const owner = 'ann' as AccountId
  open.files.put({ ...facts, id, owner, durability, isLocal: false, keptBytes: 0 })
  open.chat.add({ author: owner, body: { ...facts, kind: 'file', file: id, key: new Uint8Array(32) } })
  open.files.begin({ id: 't', name: facts.name, file: id, ...transfer })
}

describe('the list of files', () => {
  it('says what is kept for others, which what an interrupted download left is not', async () => {
    const { peer } = await mountRoom()
    begin(peer, { direction: 'fetch', state: { kind: 'interrupted', progress } })
    await expect.element(card).toHaveTextContent('Interrupted: what has come is kept')
    const words = page.getByText('kept here for others to fetch')
    expect(words.elements()).toHaveLength(0)
    const durability = { k: 1, n: 1, holdings: [], survivableLosses: 0, safeToClose: false }
    const facts = { id: 'other' as FileId, name: 'other.pdf', mediaType: '', owner: 'ann' as AccountId }
    peer.open.files.put({ ...facts, sizeBytes: 20_000_000, isLocal: false, keptBytes: 2_000_000, durability })
    await expect.element(words).toHaveTextContent('2 MB kept here for others to fetch')
  })
})

describe('a transfer that is not a download', () => {
  it('FI-46 that was interrupted while it was brought here goes on being brought here', async () => {
    const { peer } = await mountRoom()
    begin(peer, { direction: 'keep', state: { kind: 'interrupted', progress } })
    await expect.element(card).toHaveTextContent('Interrupted: what has come is kept')
    await userEvent.click(card.getByRole('button', { name: 'Go on with plan.pdf' }))
    expect(peer.open.files.keptFiles).toEqual([id])
  })

  it('FI-49 shows how far an export is, and can be ended but not paused', async () => {
    const { peer } = await mountRoom()
    begin(peer, { direction: 'export', state: { kind: 'fetching', progress, from: [] } })
    await expect.element(card).toHaveTextContent('Exporting, sealed')
    await expect.element(card).toHaveTextContent('25 %')
    expect(card.getByRole('button', { name: 'Pause plan.pdf' }).elements()).toHaveLength(0)
    await userEvent.click(card.getByRole('button', { name: 'Cancel plan.pdf' }))
    expect(peer.open.files.cancelled).toEqual(['t'])
  })
})
