import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { AccountId, PeerId } from '../../core/base/ids.ts'
import { mountRoom } from '../testing/mount-app.ts'

const ann = 'ann' as AccountId
const state = (): string | null | undefined =>
  document.querySelector('[data-room-state]')?.getAttribute('data-room-state')

describe('the room', () => {
  it('tells how it is connected, in words that change when it changes', async () => {
    const { peer } = await mountRoom((fake) => fake.setRelay('starting'))
    const relay = page.getByTestId('relay-state')
    await expect.element(relay).toHaveTextContent('Connecting…')
    expect(state()).toBe('connecting')
    peer.setRelay('online')
    await expect.element(relay).toHaveTextContent('Connected, nobody else here')
    expect(state()).toBe('ready')
    peer.open.room.put({ account: ann, name: 'Ann' })
    peer.setRelay('offline')
    await expect.element(relay).toHaveTextContent('No relay, still linked to 1')
    expect(state()).toBe('ready')
    peer.open.room.put({ account: ann, name: 'Ann', path: 'away' })
    await expect.element(relay).toHaveTextContent('Offline')
    expect(state()).toBe('offline')
  })

  it('says that nobody is here only once it has looked', async () => {
    const { peer } = await mountRoom((fake) => fake.open.room.look(true))
    const relay = page.getByTestId('relay-state')
    await expect.element(relay).toHaveTextContent('Connected, looking around…')
    await expect.element(page.getByText('Looking for your people…')).toBeVisible()
    peer.open.room.look(false)
    await expect.element(relay).toHaveTextContent('Connected, nobody else here')
    await expect.element(page.getByRole('heading', { name: 'Nobody else is here yet' })).toBeVisible()
  })

  it('shows people with their tabs and how they are reached', async () => {
    const { peer } = await mountRoom((fake) => {
      fake.open.room.put({ account: ann, name: 'Ann', path: 'relayed' })
    })
    const people = page.getByTestId('person')
    await expect.element(people.nth(0)).toHaveTextContent('Mara (you)')
    await expect.element(people.nth(0)).not.toHaveAttribute('data-path')
    await expect.element(people.nth(1)).toHaveAttribute('data-path', 'relayed')
    await expect.element(people.nth(1)).toHaveTextContent('Through the relay, which cannot read it.')
    peer.open.room.put({ account: ann, name: 'Ann', peer: 'second' as PeerId, path: 'direct', rttMs: 31 })
    await expect.element(people.nth(1)).toHaveAttribute('data-path', 'direct')
    await expect.element(people.nth(1)).toHaveTextContent('2 tabs')
    expect(people.elements()).toHaveLength(2)
  })

  it('tells once of a friend with another version, and of strangers not at all', async () => {
    const { peer } = await mountRoom()
    await expect.element(page.getByTestId('composer')).toBeVisible()
    const refused = (reason: string) =>
      peer.open.room.events.emit('peer:refused', { peer: 'x' as PeerId, reason })
    refused('WrongSecretError')
    refused('VersionError')
    refused('VersionError')
    await expect.element(page.getByText('one of you needs a newer Tessera')).toBeVisible()
    expect(page.getByRole('alert').getByRole('group').elements()).toHaveLength(1)
  })

  it('gives out its link by copy and QR code, saying what it opens', async () => {
    await mountRoom()
    await page.getByRole('button', { name: 'Invite', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Invite to this room' })
    await expect.element(dialog).toHaveTextContent('Whoever has this link can enter')
    const link = dialog.getByLabelText('Link to the room').element() as HTMLInputElement
    expect(link.value).toMatch(/^https:\/\/.*#\/r\//)
    await expect.element(dialog.getByRole('img', { name: 'QR code of the room link' })).toBeVisible()
    await userEvent.keyboard('{Escape}')
    await expect.element(dialog).not.toBeInTheDocument()
  })

  it('is named on this device', async () => {
    await mountRoom()
    await page.getByRole('button', { name: /Rename the room/ }).click()
    await page.getByLabelText('Name of the room on this device').fill('Workshop')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByRole('heading', { name: /Workshop/ })).toBeVisible()
    await expect.poll(() => document.title).toBe('Workshop – Tessera')
  })

  it('is left with "back", and its link is nowhere in the history', async () => {
    const { window } = await mountRoom()
    await expect.element(page.getByTestId('composer')).toBeVisible()
    window.back()
    await expect.element(page.getByRole('button', { name: 'Start a room' })).toBeVisible()
    expect(window.addresses.join()).not.toContain('/r/')
  })

  it('holds the page only while something would break off', async () => {
    const { app, peer } = await mountRoom((fake) => void fake.open.room.put({ account: ann, name: 'Ann' }))
    await expect.element(page.getByTestId('composer')).toBeVisible()
    const leaves = (): boolean => globalThis.dispatchEvent(new Event('beforeunload', { cancelable: true }))
    expect(leaves()).toBe(true)
    await app.room?.call.ring(ann, { audio: true, video: false })
    expect(leaves()).toBe(false)
    peer.open.calls.hangUp()
    expect(leaves()).toBe(true)
  })

  it('keeps a name given in the settings, and says what is wrong with an empty one', async () => {
    const { peer } = await mountRoom()
    // A phone has its settings in the sheet of people and files.
    await page.getByRole('button', { name: /People and files/ }).click()
    await page.getByRole('button', { name: 'Settings' }).click()
    const name = page.getByLabelText('Your name')
    await name.fill('   ')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('A name has 1 to 64 characters.')).toBeVisible()
    await name.fill('Marina')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('You are Marina now.')).toBeVisible()
    expect(peer.name()).toBe('Marina')
  })

  it('lives beside a second app on the same page', async () => {
    const first = await mountRoom()
    const second = await mountRoom()
    await expect.poll(() => page.getByTestId('composer').elements().length).toBe(2)
    second.peer.open.chat.add({ author: ann, body: { kind: 'text', text: 'only in the second' } })
    await expect.element(page.getByTestId('message')).toHaveTextContent('only in the second')
    expect(first.peer.open.chat.timeline()).toEqual([])
  })
})
