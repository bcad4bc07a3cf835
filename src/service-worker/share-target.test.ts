import { describe, expect, it } from 'vitest'
import {
  maxSharedFiles,
  maxSharedTextLength,
  sharedCache,
  sharedFileUrl,
  sharedInfoUrl,
  takeShared,
} from './share-target.ts'

/** The part of `caches` that taking needs, in memory. */
function memoryCaches() {
  const all = new Map<string, Map<string, Response>>()
  return {
    all,
    open: async (name: string) => {
      const kept = all.get(name) ?? new Map<string, Response>()
      all.set(name, kept)
      return {
        put: async (url: string, response: Response) => void kept.set(url, response),
      } as unknown as Cache
    },
    delete: async (name: string) => all.delete(name),
  }
}

async function share(form: FormData, caches = memoryCaches()) {
  const answer = await takeShared(caches, { formData: async () => form }, 7, 'https://tessera.example')
  const kept = caches.all.get(sharedCache)
  const info: unknown = await kept?.get(sharedInfoUrl)?.clone().json()
  return { answer, kept, info }
}

describe('what another app shares', () => {
  it('FI-70: lies ready, and leads to the page that offers it', async () => {
    const form = new FormData()
    form.append('title', 'Look')
    form.append('text', 'at this')
    form.append('files', new File(['abc'], 'a.html', { type: 'text/html' }))
    const { answer, kept, info } = await share(form)
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, 'https://tessera.example/#/shared'])
    expect(info).toEqual({
      at: 7,
      text: 'Look\nat this',
      files: [{ name: 'a.html', type: 'text/html' }],
      leftOut: 0,
    })
    const file = kept?.get(sharedFileUrl(0))
    expect(file?.headers.get('Content-Type')).toBe('application/octet-stream')
    expect(await file?.text()).toBe('abc')
  })

  it('FI-70: replaces what was never taken, and is bounded', async () => {
    const caches = memoryCaches()
    const many = new FormData()
    for (let i = 0; i < maxSharedFiles + 2; i++) many.append('files', new File(['x'], `${i}`))
    expect((await share(many, caches)).info).toMatchObject({ leftOut: 2 })
    const text = new FormData()
    text.append('text', 'y'.repeat(maxSharedTextLength + 1))
    const { kept, info } = await share(text, caches)
    expect([...(kept?.keys() ?? [])]).toEqual([sharedInfoUrl])
    expect((info as { text: string }).text).toHaveLength(maxSharedTextLength)
  })

  it('says an address once, though the text has it as well', async () => {
    const form = new FormData()
    form.append('title', 'https://a.example/')
    form.append('text', 'see https://a.example/')
    expect((await share(form)).info).toMatchObject({ text: 'see https://a.example/' })
  })

  it('FI-70: that cannot be read leaves nothing, and leads there all the same', async () => {
    const caches = memoryCaches()
    const broken = { formData: () => Promise.reject(new TypeError('no form')) }
    const answer = await takeShared(caches, broken, 7, 'https://tessera.example')
    expect(answer.status).toBe(303)
    expect(caches.all.size).toBe(0)
  })
})
