/// <reference lib="webworker" />
import { answerFor } from './service-worker/answer.ts'
import { dropOldShells, fillShell, fromShell } from './service-worker/shell.ts'

declare const self: ServiceWorkerGlobalScope
/** Written by the build: what to keep for an offline start. */
declare const __SHELL__: { readonly buildId: string; readonly files: readonly ShellFile[] }

const shell = __SHELL__

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
})

self.addEventListener('fetch', (event) => {
  const answer = answerFor(event.request, self.location.origin, shell)
  if (answer === 'network') return
  const kept = fromShell(caches, shell.buildId, answer)
  event.respondWith(kept.then((hit) => hit ?? fetch(event.request)))
})
