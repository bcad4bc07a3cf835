import { landingHash, roomHash, type Route, routeOf } from './route.ts'

/** The part of the page's window that routing needs. */
export interface RouterWindow {
  readonly location: { readonly href: string }
  readonly history: {
    pushState(data: unknown, unused: string, hash: string): void
    replaceState(data: unknown, unused: string, hash: string): void
  }
  addEventListener(
    name: 'popstate' | 'hashchange',
    listener: () => void,
    options: { signal: AbortSignal },
  ): void
}

/**
 * Hash routes. An invitation is read and taken out of the address bar at once, so that its secret stays neither on
 * screen nor in the browser's history.
 */
export class Router {
  readonly #window: RouterWindow
  readonly #stop = new AbortController()
  #last = ''

  constructor(window: RouterWindow) {
    this.#window = window
  }

  /** Reports the route now and on every later change that we did not make ourselves. */
  start(onRoute: (route: Route) => void): void {
    const { signal } = this.#stop
    const changed = (): void => {
      // A typed hash fires both events; the first has done the work.
      if (this.#window.location.href !== this.#last) onRoute(this.#read())
    }
    this.#window.addEventListener('popstate', changed, { signal })
    this.#window.addEventListener('hashchange', changed, { signal })
    onRoute(this.#read())
  }
  stop(): void {
    this.#stop.abort()
  }

  /** Shows a room's address above the landing page, so that "back" leads there. */
  toRoom(room: string): void {
    if (routeOf(this.#window.location.href).kind === 'room') this.#replace(roomHash(room))
    else this.#window.history.pushState(null, '', roomHash(room))
    this.#last = this.#window.location.href
  }
  toLanding(): void {
    if (routeOf(this.#window.location.href).kind !== 'landing') {
      this.#window.history.pushState(null, '', landingHash)
    }
    this.#last = this.#window.location.href
  }

  #read(): Route {
    const route = routeOf(this.#window.location.href)
    if (route.kind === 'link' || route.kind === 'shared') this.#replace(landingHash)
    this.#last = this.#window.location.href
    return route
  }

  #replace(hash: string): void {
    this.#window.history.replaceState(null, '', hash)
  }
}
