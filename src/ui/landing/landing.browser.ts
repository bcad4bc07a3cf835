import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { RoomId } from '../../core/base/ids.ts'
import { ManualClock } from '../../core/base/testing/manual-clock.ts'
import { mountApp } from '../testing/mount-app.ts'

const field = page.getByLabelText('Have a link? Paste it here')

describe('the landing page', () => {
  it('starts a room with one click', async () => {
    const { window } = await mountApp()
    await page.getByRole('button', { name: 'Start a room' }).click()
    await expect.element(page.getByTestId('composer')).toBeVisible()
    expect(window.location.href).toMatch(/#\/room\/q7Wm/)
  })

  it('says at the field what is wrong with a link, and keeps the link for another try', async () => {
    await mountApp()
    await field.fill('https://tessera.example/#/r/who')
    await page.getByRole('button', { name: 'Open' }).click()
    await expect.element(page.getByRole('alert').filter({ hasText: 'cut off' })).toBeVisible()
    await expect.element(field).toHaveValue('https://tessera.example/#/r/who')
    await expect.element(field).toHaveAttribute('aria-invalid', 'true')

    await field.fill('https://tessera.example/#/r/whole')
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByTestId('composer')).toBeVisible()
  })

  it('asks for a link when the field is sent empty', async () => {
    await mountApp()
    await page.getByRole('button', { name: 'Open' }).click()
    await expect.element(page.getByText('Paste a room link first.')).toBeVisible()
  })

  it('tells of a broken invitation it was opened with, without leaving the secret in the address bar', async () => {
    const { window } = await mountApp('#/r/cut')
    await expect.element(page.getByText('This link is cut off at the end.')).toBeVisible()
    await expect.element(field).toHaveValue('https://tessera.example/#/r/cut')
    expect(window.addresses.join()).not.toContain('/r/')
  })

  it('draws the room frame at once while the peer is still loading', async () => {
    const { window } = await mountApp('#/r/whole', (peer) => {
      peer.onEnter = () => new Promise(() => undefined)
    })
    const state = (): string | null | undefined =>
      document.querySelector('[data-room-state]')?.getAttribute('data-room-state')
    await expect.poll(state).toBe('connecting')
    await expect.element(page.getByTestId('relay-state')).toHaveTextContent('Opening…')
    expect(window.location.href).not.toContain('whole')
  })

  it('forgets a room after a while, unless that is undone', async () => {
    const clock = new ManualClock()
    const { peer } = await mountApp(
      '',
      (fake) => {
        const { link } = fake.open
        fake.setRooms([
          { id: 'one' as RoomId, link, label: 'Workshop', lastVisitAt: 1 },
          { id: 'two' as RoomId, link, label: 'Family', lastVisitAt: 2 },
        ])
      },
      { clock },
    )
    await page.getByRole('button', { name: 'Forget Workshop on this device' }).click()
    await expect.element(page.getByRole('link', { name: /Workshop/ })).not.toBeInTheDocument()
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.element(page.getByRole('link', { name: /Workshop/ })).toBeVisible()
    await clock.advance(60_000)
    expect(peer.forgotten).toEqual([])

    await page.getByRole('button', { name: 'Forget Family on this device' }).click()
    await clock.advance(60_000)
    expect(peer.forgotten).toEqual(['two'])
  })

  it('says that no relay answers and stays useful', async () => {
    await mountApp('', (peer) => peer.setRelay('offline'))
    await expect.element(page.getByTestId('relay-state')).toHaveTextContent('No relay can be reached')
    await page.getByRole('button', { name: 'Start a room' }).click()
    await expect.element(page.getByTestId('composer')).toBeVisible()
  })

  it('says when nothing is kept after the window is closed, or what was kept is gone', async () => {
    const { peer } = await mountApp('')
    const bar = page.getByTestId('storage-bar')
    expect(bar.elements()).toHaveLength(0)
    peer.setStorage('memory')
    await expect.element(bar).toHaveTextContent('This browser window keeps nothing')
    peer.setStorage('lost')
    await expect.element(bar).toHaveTextContent('Reload the page')
    await expect.element(bar.getByRole('button', { name: 'Reload' })).toBeVisible()
  })

  it('says that what was stored is gone until the person knows', async () => {
    const { peer } = await mountApp('#/room/unknown', (before) => before.setStorage('damaged'))
    const bar = page.getByTestId('storage-bar')
    await expect.element(bar).toHaveTextContent('Rooms come back by their links')
    expect(page.getByText('This device does not know that room').elements()).toHaveLength(0)
    await bar.getByRole('button', { name: 'Got it' }).click()
    await expect.poll(() => bar.elements()).toHaveLength(0)
    expect(peer.storageState()).toBe('kept')
  })

  it('says why it cannot start, and starts when tried again', async () => {
    let isBroken = true
    await mountApp('', (peer) => {
      peer.onStart = async () => {
        if (isBroken) throw Object.assign(new Error('no database'), { name: 'StorageError' })
      }
    })
    await expect.element(page.getByText('The browser could not save it.')).toBeVisible()
    isBroken = false
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('button', { name: 'Start a room' }).click()
    await expect.element(page.getByTestId('composer')).toBeVisible()
  })

  it('tells when a room’s address is opened on a device that does not know it', async () => {
    await mountApp('#/room/unknown')
    await expect.element(page.getByText('This device does not know that room')).toBeVisible()
  })
})
