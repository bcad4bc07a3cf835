import { describe, expect, it } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import type { FileId } from '../../core/base/ids.ts'
import type { SpaceQuestion } from '../../core/files/index.ts'
import { mountRoom } from '../testing/mount-app.ts'

const release: SpaceQuestion = {
  ...{ kind: 'release', neededBytes: 5_000_000, freeBytes: 1_000_000 },
  files: [
    { file: 'a' as FileId, name: 'last.txt', keptBytes: 3_000_000, own: true, cost: 'lost' },
    { file: 'b' as FileId, keptBytes: 2_000_000, own: false, cost: 'fragile' },
  ],
}
async function room(): ReturnType<typeof mountRoom> {
  const mounted = await mountRoom()
  await expect.element(page.getByTestId('composer')).toBeVisible()
  return mounted
}
const never = (): AbortSignal => new AbortController().signal

describe('a question about space', () => {
  it('FI-85 names the files and what is lost; leaving all is the way of Enter and of Escape', async () => {
    const { peer } = await room()
    for (const key of ['{Enter}', '{Escape}']) {
      const answer = peer.open.files.ask?.(release, never())
      const dialog = page.getByRole('dialog', { name: 'Let go of files to make room?' })
      await expect.element(dialog).toHaveTextContent('last.txt 3 MB · yours')
      await expect.element(dialog).toHaveTextContent('nobody else has it: it will be lost for everyone')
      await expect.element(dialog).toHaveTextContent('a file whose name is not known here')
      await expect.element(dialog.getByRole('button', { name: 'Leave all here' })).toHaveFocus()
      await userEvent.keyboard(key)
      expect(await answer).toBe(false)
      await expect.element(dialog).not.toBeInTheDocument()
    }
  })

  it('FI-85 lets go only on that word', async () => {
    const { peer } = await room()
    const answer = peer.open.files.ask?.(release, never())
    await userEvent.click(page.getByRole('button', { name: 'Let them go' }))
    expect(await answer).toBe(true)
  })

  it('FI-85 goes away when no answer is wanted any more', async () => {
    const { peer } = await room()
    const stop = new AbortController()
    const answer = peer.open.files.ask?.(release, stop.signal)
    await expect.element(page.getByRole('dialog')).toBeVisible()
    stop.abort()
    expect(await answer).toBe(false)
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  })

  it('FI-86 says how little would be left', async () => {
    const { peer } = await room()
    const question = { kind: 'tight', neededBytes: 2_000_000, leftBytes: 300_000 } as const
    const answer = peer.open.files.ask?.(question, never())
    const dialog = page.getByRole('dialog', { name: 'This leaves little space' })
    await expect.element(dialog).toHaveTextContent('It takes up to 2 MB here; then about 300 kB are free.')
    await userEvent.click(dialog.getByRole('button', { name: 'Share all the same' }))
    expect(await answer).toBe(true)
  })
})
