import { describe, expect, it } from 'vitest'
import type { Route } from './route.ts'
import { Router } from './router.ts'

/** An address bar with a history, as a browser keeps it. */
class Bar extends EventTarget {
  entries: string[]
  at = 0
  constructor(hash: string) {
    super()
    this.entries = [`https://tessera.example/${hash}`]
  }
  get location(): { href: string } {
    return { href: this.entries[this.at] ?? '' }
  }
  readonly history = {
    pushState: (_data: unknown, _title: string, hash?: string | URL | null): void => {
      this.entries = [...this.entries.slice(0, this.at + 1), this.#whole(hash)]
      this.at += 1
    },
    replaceState: (_data: unknown, _title: string, hash?: string | URL | null): void => {
      this.entries[this.at] = this.#whole(hash)
    },
  }
  back(): void {
    this.at -= 1
    this.dispatchEvent(new Event('popstate'))
    this.dispatchEvent(new Event('hashchange'))
  }
  type(hash: string): void {
    this.history.pushState(null, '', hash)
    this.dispatchEvent(new Event('popstate'))
    this.dispatchEvent(new Event('hashchange'))
  }
  #whole(hash: string | URL | null | undefined): string {
    return `https://tessera.example/${String(hash)}`
  }
}

function routed(hash: string): { bar: Bar; router: Router; routes: Route[] } {
  const bar = new Bar(hash)
  const router = new Router(bar)
  const routes: Route[] = []
  router.start((route) => routes.push(route))
  return { bar, router, routes }
}

describe('the router', () => {
  it('takes an invitation out of the address bar and its history at once', () => {
    const { bar, routes } = routed('#/r/secret')
    expect(routes).toEqual([{ kind: 'link', text: 'https://tessera.example/#/r/secret' }])
    expect(bar.entries.join()).not.toContain('secret')
  })

  it('puts a room above the landing page, so that "back" leads there', () => {
    const { bar, router, routes } = routed('#/r/secret')
    router.toRoom('abc')
    bar.back()
    expect(routes.at(-1)).toEqual({ kind: 'landing' })
    expect(bar.entries).toHaveLength(2)
  })

  it('stays at a room that the address already names', () => {
    const { bar, router } = routed('#/room/abc')
    router.toRoom('abc')
    expect(bar.entries).toEqual(['https://tessera.example/#/room/abc'])
  })

  it('reports a typed address once, though the browser fires two events', () => {
    const { bar, routes } = routed('')
    bar.type('#/room/abc')
    expect(routes).toEqual([{ kind: 'landing' }, { kind: 'room', room: 'abc' }])
  })

  it('keeps quiet about its own moves and after it is stopped', () => {
    const { bar, router, routes } = routed('')
    router.toRoom('abc')
    bar.dispatchEvent(new Event('hashchange'))
    router.stop()
    bar.back()
    expect(routes).toHaveLength(1)
  })
})
