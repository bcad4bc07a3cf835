/** Address that the manifest's `share_target` posts to; only this worker answers it. */
export const sharePath = '/~share'

/** Cache of what was shared and not yet given to a room, and the addresses in it. */
export const sharedCache = 'shared-1'
export const sharedInfoUrl = '/~shared/info'
export const sharedFileUrl = (index: number): string => `/~shared/${index}`

/** What lies ready, as the page reads it. Names and types are the other app's. */
export interface SharedInfo {
  /** ms since the epoch. */
  readonly at: number
  readonly text: string
  readonly files: readonly { readonly name: string; readonly type: string }[]
  /** Files that were more, or larger, than may lie here. */
  readonly leftOut: number
}

/** More at once is a folder: shared from inside a room. */
export const maxSharedFiles = 50
/** They are kept once here and once more sealed: half of what browsers give a small device. */
export const maxSharedBytes = 1_000_000_000
/** As much as a draft may have on any keyboard. */
export const maxSharedTextLength = 10_000

/**
 * Keeps what another app shared until the person chooses a room for it, and leads there (FI-70). What was shared before and never taken
 * is replaced. Needs no network.
 */
export async function takeShared(
  caches: Pick<CacheStorage, 'open' | 'delete'>,
  request: Pick<Request, 'formData'>,
  now: number,
  origin: string,
): Promise<Response> {
  try {
    const form = await request.formData()
    await caches.delete(sharedCache)
    const cache = await caches.open(sharedCache)
    const given = form.getAll('files').filter((part): part is File => typeof part !== 'string')
    const files: { name: string; type: string }[] = []
    let bytes = 0
    for (const file of given) {
      if (files.length >= maxSharedFiles || bytes + file.size > maxSharedBytes) continue
      bytes += file.size
      await cache.put(sharedFileUrl(files.length), new Response(file, { headers: plain }))
      files.push({ name: file.name, type: file.type })
    }
    const info: SharedInfo = { at: now, text: textOf(form), files, leftOut: given.length - files.length }
    await cache.put(sharedInfoUrl, new Response(JSON.stringify(info), { headers: plain }))
  } catch {
    // A full disk or a broken form: the page finds nothing and says so.
    await caches.delete(sharedCache)
  }
  return Response.redirect(new URL('/#/shared', origin), 303)
}

/** Nothing kept here is ever shown as it is. */
const plain = { 'Content-Type': 'application/octet-stream', 'X-Content-Type-Options': 'nosniff' }

/** Title, text and address as lines; apps often send one of them twice. */
function textOf(form: FormData): string {
  const parts = ['title', 'text', 'url'].map((name) => form.get(name))
  const texts = parts.filter((part): part is string => typeof part === 'string' && part.trim() !== '')
  const lines = texts.filter((text, i) => !texts.some((other, j) => j > i && other.includes(text)))
  return lines.join('\n').slice(0, maxSharedTextLength)
}
