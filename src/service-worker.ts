/// <reference lib="webworker" />
import { answerFor } from './service-worker/answer.ts'
import type { StreamsAlive, StreamsLost } from './service-worker/api.ts'
import { answerFile, fileOf } from './service-worker/file-stream.ts'
import { sharePath, takeShared } from './service-worker/share-target.ts'
import { dropOldShells, fillShell, fromShell } from './service-worker/shell.ts'

declare const self: ServiceWorkerGlobalScope
/** Written by the build: what to keep for an offline start. */
declare const __SHELL__: { readonly buildId: string; readonly files: readonly ShellFile[] }

const shell = __SHELL__
/** Files that flow through this worker now; a restarted worker knows none. */
const running = new Set<string>()
/** Each word of a page keeps the worker this much longer; the next comes before. */
const keepAliveMs = 12_000

/** One file of the shell; `revision` is undefined for names that already carry a content hash. */
export interface ShellFile {
  readonly url: string
  readonly revision?: string
}

// A new worker waits until the person accepts it: skipWaiting is called on their word only, never here.
self.addEventListener('install', (event) => {
  event.waitUntil(fillShell(caches, shell.buildId, shell.files))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOldShells(caches, shell.buildId).then(() => self.clients.claim()))
})

self.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') event.waitUntil(self.skipWaiting())
  else if (isStreamsAlive(event.data)) {
    const lost = event.data.streams.filter((stream) => !running.has(stream))
    event.ports[0]?.postMessage({ lost } satisfies StreamsLost)
    event.waitUntil(new Promise((resolve) => setTimeout(resolve, keepAliveMs)))
  }
})

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (url.origin === self.location.origin && fileOf(url) !== undefined) {
    const windows = (): Promise<readonly Client[]> =>
      self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    event.respondWith(answerFile({ windows, running, newId: () => crypto.randomUUID() }, event.request))
    return
  }
  if (url.origin === self.location.origin && url.pathname === sharePath && event.request.method === 'POST') {
    event.respondWith(takeShared(caches, event.request, Date.now(), self.location.origin))
    return
  }
  const answer = answerFor(event.request, self.location.origin, shell)
  if (answer === 'network') return
  const kept = fromShell(caches, shell.buildId, answer)
  event.respondWith(kept.then((hit) => hit ?? fetch(event.request)))
})

/** Only pages of ours can speak to the worker, but other messages of theirs come the same way. */
function isStreamsAlive(data: unknown): data is StreamsAlive {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'file:alive'
}
