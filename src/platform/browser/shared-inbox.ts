import * as v from 'valibot'
import type { SharedInbox, SharedThings } from '../../app/shell-ports.ts'
import {
  maxSharedFiles,
  maxSharedTextLength,
  sharedCache,
  sharedFileUrl,
  sharedInfoUrl,
} from '../../service-worker/share-target.ts'

/** What nobody took for so long is dropped. */
const maxAgeMs = 24 * 3_600_000

const schema = v.object({
  at: v.number(),
  text: v.pipe(v.string(), v.maxLength(maxSharedTextLength)),
  files: v.pipe(v.array(v.object({ name: v.string(), type: v.string() })), v.maxLength(maxSharedFiles)),
  leftOut: v.number(),
})

/** What the service worker keeps of other apps' shares (FI-70), in the browser's cache. */
export function cacheInbox(caches: CacheStorage, now: () => number): SharedInbox {
  return {
    async read(): Promise<SharedThings | undefined> {
      if (!(await caches.has(sharedCache))) return undefined
      const cache = await caches.open(sharedCache)
      const text = await (await cache.match(sharedInfoUrl))?.text()
      const info = v.safeParse(schema, parsed(text))
      if (!info.success || now() - info.output.at > maxAgeMs) {
        await caches.delete(sharedCache)
        return undefined
      }
      const files = await Promise.all(
        info.output.files.map(async ({ name, type }, i) => {
          const blob = await (await cache.match(sharedFileUrl(i)))?.blob()
          return blob === undefined ? [] : [new File([blob], name, { type })]
        }),
      )
      const { leftOut } = info.output
      return { text: info.output.text, files: files.flat(), leftOut }
    },
    drop: async () => void (await caches.delete(sharedCache)),
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    // Cut off while it was written: as good as nothing.
    return undefined
  }
}
