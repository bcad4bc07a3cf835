import { Emitter } from '../../core/base/events.ts'
import type { AppInstall, AppUpdates } from '../../app/shell-ports.ts'

/** Asks for a new build this often while the page lives; browsers ask by themselves on navigation only. */
const checkEveryMs = 60 * 60 * 1000

/**
 * The service worker's registration as the app sees it. A new build waits; only the tab whose person takes it reloads,
 * once, when the new worker has control.
 */
export class ServiceWorkerUpdates implements AppUpdates {
  readonly events = new Emitter<{ 'update:changed': { available: boolean } }>()
  #waiting: ServiceWorker | undefined
  #isApplying = false

  /** Whether a worker serves this page already: it is no first visit. */
  get isServed(): boolean {
    return 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null
  }

  /** Registers the worker; does nothing where there is none (private windows of some browsers, plain http). */
  async start(url = '/sw.js'): Promise<void> {
    if (!('serviceWorker' in navigator)) return
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      if (this.#isApplying) location.reload()
    })
    const registration = await navigator.serviceWorker.register(url, { updateViaCache: 'none' })
    this.#watch(registration)
    setInterval(() => void registration.update().catch(() => undefined), checkEveryMs) // offline is no failure
  }

  #watch(registration: ServiceWorkerRegistration): void {
    if (registration.waiting !== null) this.#found(registration.waiting)
    this.#follow(registration.installing) // found before this page asked
    registration.addEventListener('updatefound', () => this.#follow(registration.installing))
  }

  #follow(worker: ServiceWorker | null): void {
    worker?.addEventListener('statechange', () => {
      // The very first worker has nothing to replace: no prompt.
      if (worker.state === 'installed' && navigator.serviceWorker.controller !== null) this.#found(worker)
    })
  }

  #found(worker: ServiceWorker): void {
    this.#waiting = worker
    this.events.emit('update:changed', { available: true })
  }

  available(): boolean {
    return this.#waiting !== undefined
  }

  async apply(): Promise<void> {
    await Promise.resolve()
    this.#isApplying = true
    this.#waiting?.postMessage('skip-waiting')
  }
}

interface InstallPromptEvent extends Event {
  prompt(): Promise<void>
}

/** Chromium's `beforeinstallprompt`, kept until the person asks for it. Never available in other engines. */
export class BrowserInstall implements AppInstall {
  readonly events = new Emitter<{ 'install:changed': { available: boolean } }>()
  #offer: InstallPromptEvent | undefined

  start(): void {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault()
      this.#set(event as InstallPromptEvent) // the event of this name has `prompt` (web-platform incubation)
    })
    addEventListener('appinstalled', () => this.#set(undefined))
  }

  available(): boolean {
    return this.#offer !== undefined
  }

  async ask(): Promise<void> {
    const offer = this.#offer
    this.#set(undefined)
    await offer?.prompt()
  }

  #set(offer: InstallPromptEvent | undefined): void {
    this.#offer = offer
    this.events.emit('install:changed', { available: offer !== undefined })
  }
}
