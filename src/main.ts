/**
 * Root of a tab: draws the shell, then loads the peer behind it.
 *
 * @packageDocumentation
 */
// First of all: scripts by URL are checked from here on, and libp2p needs the polyfill while it loads.
import './trusted-types.ts'
import './core/base/polyfill.ts'

import { mount } from 'svelte'
import { AppState } from './app/app.svelte.ts'
import { browserKeep } from './app/keep.ts'
import { routeOf } from './app/route.ts'
import type { Engine } from './app/shell-ports.ts'
import { systemClock } from './core/base/clock.ts'
import { nextTask } from './core/base/next-task.ts'
import { delay } from './core/base/wait.ts'
import { fetchEarly } from './platform/browser/early.ts'
import { BrowserInstall, ServiceWorkerUpdates } from './platform/browser/updates.ts'
import App from './ui/App.svelte'
import './ui/base.css'

/** The heavy half: libp2p, stores, rooms. Asked for after the shell has been painted. */
async function loadEngine(): Promise<Engine> {
  // All are fetched at once; what needs nothing of the others is asked for first, to be evaluated in a task of its own.
  const pieces = [import('@noble/curves/ed25519.js'), import('libp2p'), import('./core/peer.ts')]
  const [{ createBrowserPeer }, { parseRoomLink, encodeRoomLink }] = await Promise.all([
    import('./platform/browser/peer.ts'),
    import('./core/room/link.ts'),
    ...pieces,
  ])
  const { peer, streams, server } = await createBrowserPeer()
  return {
    peer,
    streams,
    server,
    links: { parse: parseRoomLink, format: (link) => encodeRoomLink(link, location.origin) },
  }
}

/**
 * The worker fetches the whole app for offline starts; a fresh visitor first meets the people in the room with all that the line and the
 * processor give.
 */
const workerAfterMs = 3_000

/** Resolves once the browser has painted what was drawn before; `whilePainting` is done when it begins to. */
function painted(whilePainting: () => void): Promise<void> {
  return new Promise((resolve) =>
    requestAnimationFrame(() => {
      whilePainting()
      setTimeout(resolve, 0)
    }),
  )
}

async function start(target: HTMLElement): Promise<void> {
  const updates = new ServiceWorkerUpdates()
  const install = new BrowserInstall()
  let tellDrawn: () => void = () => undefined
  const drawn = new Promise<void>((resolve) => (tellDrawn = resolve))
  // A hidden tab is never painted; it must connect all the same.
  const isForRoom = routeOf(location.href).kind !== 'landing'
  const early = (): void => (isForRoom ? fetchEarly(document) : undefined)
  const firstPaint = drawn.then(() => (document.hidden ? early() : painted(early)))
  const app = new AppState({
    firstPaint,
    load: () => firstPaint.then(loadEngine),
    window,
    clock: systemClock,
    keep: browserKeep(() => localStorage),
    tabKeep: browserKeep(() => sessionStorage),
    // Absent on insecure pages, whatever the types say.
    storage: (navigator as { storage?: StorageManager }).storage,
    createAudio: () => new AudioContext(),
    createCesEngine: async () => (await import('./platform/browser/ces-pool.ts')).createCesPool(),
    version: __APP_VERSION__,
    updates,
    install,
    inbox: async () => (await import('./platform/browser/shared-inbox.ts')).cacheInbox(caches, Date.now),
  })
  // First: what a link opens is drawn at once, not after the landing page.
  app.start()
  await nextTask()
  mount(App, { target, props: { app } })
  await nextTask() // in which the landing page is drawn
  tellDrawn()
  install.start()
  // Whoever waits for the peer is told of its failure; the landing page draws it.
  const settled = app.peer.ready().catch(() => undefined)
  if (!import.meta.env.PROD) return
  // A page that is served already asks for a better build whatever becomes of its peer.
  if (!updates.isServed) await settled.then(() => delay(workerAfterMs, systemClock))
  // Without a worker (private windows of some browsers) the app works, only not offline.
  updates.start().catch(() => undefined)
}

const target = document.getElementById('app')
if (target === null) throw new Error('expected an element with id "app"')
// Not in the task that evaluates the scripts: short ones instead of a long one.
void nextTask().then(() => start(target))
