import { describe, expect, it } from 'vitest'
import { page } from 'vitest/browser'
import { cacheInbox } from '../../platform/browser/shared-inbox.ts'
import { sharedCache, takeShared } from '../../service-worker/share-target.ts'
import { mountApp } from '../testing/mount-app.ts'

const inbox = cacheInbox(caches, () => 1_000)

async function shared(fill: (form: FormData) => void): Promise<void> {
  const form = new FormData()
  fill(form)
  await takeShared(caches, { formData: async () => form }, 1_000, location.origin)
}

describe('what another app shared', () => {
  it('FI-70: is offered, and goes only where the person says', async () => {
    await shared((form) => {
      form.append('text', 'look at this')
      form.append('files', new File(['abc'], 'a.txt', { type: 'text/plain' }))
    })
    const { peer, window } = await mountApp('#/shared', () => undefined, { inbox: async () => inbox })
    const taken: { name: string; mediaType: string; text: string }[] = []
    peer.open.files.onShare = async (source) => {
      const text = new TextDecoder().decode(await source.read(0, source.sizeBytes))
      taken.push({ name: source.name, mediaType: source.mediaType, text })
      return await new Promise(() => undefined)
    }
    const dialog = page.getByRole('dialog', { name: 'Shared with Tessera' })
    await expect.element(dialog).toHaveTextContent('a.txt')
    await expect.element(dialog).toHaveTextContent('look at this')
    expect(window.location.href).not.toContain('shared')
    expect(taken).toEqual([])
    await dialog.getByRole('button', { name: 'Start a room' }).click()
    await expect.poll(() => taken).toEqual([{ name: 'a.txt', mediaType: 'text/plain', text: 'abc' }])
    await expect.element(page.getByTestId('composer')).toHaveValue('look at this')
  })

  it('FI-70: is dropped when it is refused, and said to be gone when it is', async () => {
    await shared((form) => form.append('text', 'never mind'))
    const { app } = await mountApp('#/shared', () => undefined, { inbox: async () => inbox })
    await page.getByRole('button', { name: 'Nowhere' }).click()
    await expect.poll(() => caches.has(sharedCache)).toBe(false)
    app.offer.isOpen = true
    await expect.element(page.getByText('What was shared is not here any more')).toBeVisible()
  })

  it('FI-70: is not offered after a day, nor when it was damaged', async () => {
    await shared((form) => form.append('text', 'old'))
    expect(await cacheInbox(caches, () => 1_000 + 25 * 3_600_000).read()).toBeUndefined()
    expect(await caches.has(sharedCache)).toBe(false)
    await (await caches.open(sharedCache)).put('/~shared/info', new Response('{"at":'))
    expect(await inbox.read()).toBeUndefined()
    expect(await caches.has(sharedCache)).toBe(false)
  })
})
