import type { ShellFile } from '../service-worker.ts'

const prefix = 'shell-'

/**
 * Puts every shell file into this build's cache. Hashed files already kept by the running build are copied, the rest
 * is fetched past the HTTP cache. Fails as a whole, so that a half-filled shell is never activated.
 */
export async function fillShell(
  caches: CacheStorage,
  buildId: string,
  files: readonly ShellFile[],
): Promise<void> {
  const cache = await caches.open(prefix + buildId)
  await Promise.all(files.map((file) => keep(caches, cache, file)))
}

async function keep(caches: CacheStorage, cache: Cache, file: ShellFile): Promise<void> {
  const known = file.revision === undefined ? await caches.match(file.url) : undefined
  if (known !== undefined) {
    await cache.put(file.url, known)
    return
  }
  const response = await fetch(file.url, { cache: 'reload' })
  if (!response.ok) throw new Error(`${file.url} answered ${String(response.status)}`)
  await cache.put(file.url, response)
}

/**
 * Removes shells of builds before the last one. The previous build's stays for one generation: a tab that has not
 * reloaded yet may still load its lazy chunks from it. This build's own is opened first, so match prefers it by age order.
 */
export async function dropOldShells(caches: CacheStorage, buildId: string): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== prefix + buildId)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}
