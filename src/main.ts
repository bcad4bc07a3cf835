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
import { firstInterest } from './platform/browser/interest.ts'
import { BrowserInstall, ServiceWorkerUpdates } from './platform/browser/updates.ts'
import App from './ui/App.svelte'
import './ui/base.css'

/** What a peer and its rooms are made of, from what needs nothing of the others on. */
const pieces = [
  () => import('./core/base/curves.ts'),
  () => import('libp2p'),
  () => import('./core/room/index.ts'),
  () => import('./core/files/index.ts'),
  () => import('./core/peer.ts'),
]

let evaluated: Promise<void> | undefined

/** Once; a failure may be tried again. */
async function loadPieces(): Promise<void> {
  try {
    await (evaluated ??= evaluatePieces())
  } catch (error) {
    evaluated = undefined
    throw error
  }
}

/**
 * Fetches all at once and, when nothing is left to compile, evaluates one after the other in tasks of their own: on two cores both together
 * hold up the page for as long as is felt.
 */
async function evaluatePieces(): Promise<void> {
  await fetchEarly(document)
  for (const piece of pieces) {
    await piece()
    await nextTask()
  }
  // The first comparison of a page loads the browser's language data, ten milliseconds that the node's start would take otherwise.
  'a'.localeCompare('b')
  await nextTask()
}

/** The heavy half: libp2p, stores, rooms. Asked for after the shell has been painted. */
async function loadEngine(): Promise<Engine> {
  await loadPieces()
  const { createBrowserPeer } = await import('./platform/browser/peer.ts')
  const { parseRoomLink, encodeRoomLink } = await import('./core/room/link.ts')
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

/** Kept once a peer was here: its rooms are shown as soon as the page opens. */
const knownKey = 'known'

/** Resolves once the browser has painted what was drawn before; `whilePainting` is done when it begins to, with all laid out. */
function painted(whilePainting: () => void): Promise<void> {
  return new Promise((resolve) =>
    requestAnimationFrame(() => {
      document.body.getBoundingClientRect() // lays out, as the frame would next
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
  const early = (): void => void (isForRoom ? fetchEarly(document) : undefined)
  const firstPaint = drawn.then(() => (document.hidden ? early() : painted(early)))
  const keep = browserKeep(() => localStorage)
  const app = new AppState({
    // A room's screen has need of the pieces: asked for before them, it would evaluate them all in one task.
    firstPaint: isForRoom ? firstPaint.then(loadPieces).catch(() => undefined) : firstPaint,
    load: () => firstPaint.then(loadEngine),
    window,
    clock: systemClock,
    keep,
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
  // Someone new may only want to look: a peer is made for whoever begins to do something.
  if (!isForRoom && keep.get(knownKey) === undefined) await firstInterest(window, systemClock)
  // Whoever waits for the peer is told of its failure; the landing page draws it.
  const settled = app.peer.ready().then(
    () => keep.set(knownKey, 'yes'),
    () => undefined,
  )
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
