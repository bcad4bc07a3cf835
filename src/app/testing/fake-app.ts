import { systemClock, type Clock } from '../../core/base/clock.ts'
import { createInlineEngine } from '../../core/ces/index.ts'
import { AppState, type AppInit } from '../app.svelte.ts'
import { memoryKeep } from '../keep.ts'
import { fakeLinks, type FakePeer } from './fake-peer.ts'

/** An address bar of its own for each app, so that tests do not move the page they run in. */
export class FakeWindow extends EventTarget {
  readonly document = document
  readonly #history: string[]
  #at = 0

  constructor(hash: string) {
    super()
    this.#history = [`https://tessera.example/${hash}`]
  }
  get location(): { readonly href: string } {
    return { href: this.#history[this.#at] ?? '' }
  }
  readonly history = {
    pushState: (_data: unknown, _unused: string, url?: string | URL | null): void => {
      const href = this.#resolve(url)
      this.#history.splice(++this.#at, Infinity, href)
    },
    replaceState: (_data: unknown, _unused: string, url?: string | URL | null): void => {
      this.#history[this.#at] = this.#resolve(url)
    },
  }
  /** Every address that "back" and "forward" can reach. */
  get addresses(): readonly string[] {
    return this.#history
  }
  back(): void {
    this.#at = Math.max(0, this.#at - 1)
    this.dispatchEvent(new Event('popstate'))
  }

  #resolve(url: string | URL | null | undefined): string {
    return new URL(String(url ?? ''), this.location.href).href
  }
}

/** An app over a fake peer, not yet started. */
export function fakeApp(
  peer: FakePeer,
  { hash = '', clock = systemClock, ...rest }: { hash?: string; clock?: Clock } & Partial<AppInit> = {},
): { app: AppState; window: FakeWindow } {
  const window = new FakeWindow(hash)
  const app = new AppState({
    load: async () => ({ peer, streams: peer.streams, links: fakeLinks, server: peer.server }),
    window,
    clock,
    keep: memoryKeep(),
    tabKeep: memoryKeep(),
    storage: {
      estimate: async () => ({ usage: 184_000_000, quota: 12_400_000_000 }),
      persisted: async () => false,
      persist: async () => true,
    },
    createAudio: () => new AudioContext(),
    createCesEngine: async () => createInlineEngine(),
    version: '0.1.0',
    ...rest,
  })
  return { app, window }
}
