import type { ShellFile } from '../service-worker.ts'

const prefix = 'shell-'

/**
 * Puts every shell file into this build's cache. Hashed files already kept by the running build are copied, of the rest those
 * without a hash are fetched past the HTTP cache. One after the other: six at once take a slow line from a call that goes on.
 * Fails as a whole, so that a half-filled shell is never activated.
 */
export async function fillShell(
  caches: CacheStorage,
  buildId: string,
  files: readonly ShellFile[],
): Promise<void> {
  const cache = await caches.open(prefix + buildId)
  for (const file of files) await keep(caches, cache, file)
}

async function keep(caches: CacheStorage, cache: Cache, file: ShellFile): Promise<void> {
  const known = file.revision === undefined ? await caches.match(file.url) : undefined
  if (known !== undefined) {
    await cache.put(file.url, known)
    return
  }
  // What a hash names is what the page has fetched already.
  const isHashed = file.revision === undefined
  const response = await fetch(file.url, { cache: isHashed ? 'default' : 'reload', priority: 'low' })
  if (!response.ok) throw new Error(`${file.url} answered ${String(response.status)}`)
  await cache.put(file.url, response)
}

/** The kept answer of this build, else of the one before, whose lazy chunks a tab that has not reloaded yet may want. */
export async function fromShell(
  caches: CacheStorage,
  buildId: string,
  url: string,
): Promise<Response | undefined> {
  // Asked of all caches at once the oldest would answer, with the old page.
  const own = await caches.open(prefix + buildId)
  return (await own.match(url, { ignoreVary: true })) ?? (await caches.match(url, { ignoreVary: true }))
}

/** Removes shells of builds before the last one, which stays for one generation. */
export async function dropOldShells(caches: CacheStorage, buildId: string): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== prefix + buildId)
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)))
}
