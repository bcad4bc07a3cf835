import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { createCesPool } from '../../platform/browser/ces-pool.ts'
import { mountApp, mountRoom } from '../testing/mount-app.ts'

const panel = page.getByRole('region', { name: 'Check how this device handles files' })

async function openSettings(): Promise<void> {
  await page.getByRole('button', { name: 'Settings' }).first().click()
  await expect.element(panel).toBeVisible()
}

describe('the check of the file engine in the settings', () => {
  it('CES-80: runs on real workers, bears the losses, and tells pieces, ratios and the time of each stage', async () => {
    await mountApp('', undefined, { createCesEngine: async () => createCesPool() })
    await openSettings()
    await panel.getByLabelText('Size').selectOptions('1 MB')
    await panel.getByRole('button', { name: 'Start the check' }).click()
    await expect.element(panel.getByText('Every byte came back.')).toBeVisible()
    await expect.element(panel.getByText(/1 segment in 14 pieces .* any 10 rebuild; 4 lost/)).toBeVisible()
    await expect.element(panel.getByText(/simd/)).toBeVisible()
    for (const stage of ['Compress', 'Encrypt', 'Code', 'Hash', 'Verify', 'Rebuild', 'Decrypt'])
      await expect.element(panel.getByRole('rowheader', { name: stage })).toBeVisible()
  })

  it('CES-80: says what failed and where when more is lost than may be', async () => {
    await mountApp('', undefined, { createCesEngine: async () => createCesPool() })
    await openSettings()
    await panel.getByLabelText('Size').selectOptions('1 MB')
    await panel.getByLabelText('Pieces lost of every 14').selectOptions('5, one too many')
    await panel.getByRole('button', { name: 'Start the check' }).click()
    await expect.element(panel.getByText('Failed to rebuild, in segment 0.')).toBeVisible()
    await expect.element(panel.getByText(/NotEnoughPiecesError: expected 10 pieces, got 9/)).toBeVisible()
  })

  it('shows how far it is, and can be stopped and started again', async () => {
    let stopped = 0
    const createCesEngine = async () => {
      const pool = createCesPool()
      return { ...pool, stop: () => (stopped++, pool.stop()) }
    }
    await mountApp('', undefined, { createCesEngine })
    await openSettings()
    await panel.getByLabelText('Size').selectOptions('256 MB')
    await panel.getByRole('button', { name: 'Start the check' }).click()
    await expect.element(panel.getByRole('progressbar', { name: /Checking: \d+ %/ })).toBeVisible()
    await panel.getByRole('button', { name: 'Stop it' }).click()
    await expect.element(panel.getByRole('button', { name: 'Start the check' })).toBeVisible()
    expect(stopped).toBe(1)
  })

  it('says so when there is nothing to check with', async () => {
    const createCesEngine = () => Promise.reject(new Error('no workers'))
    await mountApp('', undefined, { createCesEngine })
    await openSettings()
    await panel.getByRole('button', { name: 'Start the check' }).click()
    await expect.element(panel.getByRole('status')).toHaveTextContent(/\w/)
  })
})

describe('keeping what a person shares', () => {
  it('asks the browser once to keep everything, after the first share and not before', async () => {
    const asked: string[] = []
    const storage = {
      estimate: async () => ({ usage: 1, quota: 2 }),
      persisted: async () => false,
      persist: async () => {
        asked.push('persist')
        return true
      },
    }
    const { app, peer } = await mountRoom(undefined, { storage })
    await expect.element(page.getByTestId('composer')).toBeVisible()
    expect(asked).toEqual([])
    const share = { id: 't1', direction: 'share', name: 'one.txt', file: undefined } as const
    const progress = { doneBytes: 0, totalBytes: 9, bytesPerSecond: 0, secondsLeft: undefined }
    for (const id of ['t1', 't2']) {
      peer.open.files.events.emit('transfer:changed', {
        transfer: { ...share, id, state: { kind: 'sealing', progress } },
      })
    }
    await expect.poll(() => app.storage.isPersisted).toBe(true)
    expect(asked).toEqual(['persist'])
  })
})
