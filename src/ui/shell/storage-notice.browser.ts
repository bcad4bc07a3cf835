import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { mountApp, mountRoom } from '../testing/mount-app.ts'

const notice = page.getByTestId('storage-notice')

describe('what a person is told of storage', () => {
  it('ST-9 a browser that keeps nothing is named before anything is written, and the notice can be put away', async () => {
    await mountApp('', (peer) => peer.setStorage('memory'))
    await expect.element(notice).toHaveTextContent('Nothing is kept after closing')
    await page.getByRole('button', { name: 'Settings' }).click()
    await expect.element(page.getByText('Nothing is kept after closing or reloading this tab.')).toBeVisible()
    await page.getByRole('button', { name: 'Close' }).click()
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    await expect.element(notice).not.toBeInTheDocument()
  })

  it('ST-8 data that went away under the tab is told at once, with the way out', async () => {
    let reloads = 0
    const { peer } = await mountRoom(() => undefined, { reload: () => (reloads += 1) })
    await expect.element(page.getByTestId('composer')).toBeVisible()
    await expect.element(notice).not.toBeInTheDocument()
    peer.setStorage('lost')
    await expect.element(notice).toHaveTextContent('Nothing new is kept until you reload.')
    await notice.getByRole('button', { name: 'Reload' }).click()
    expect(reloads).toBe(1)
  })

  it('ST-8 an older tab that holds the data is named when the app cannot start', async () => {
    await mountApp('', (peer) => {
      peer.onStart = () =>
        Promise.reject(Object.assign(new Error('blocked'), { name: 'StorageBlockedError' }))
    })
    await expect.element(page.getByText('Close that tab, then try again.')).toBeVisible()
  })
})
