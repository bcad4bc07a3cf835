/** Where the address bar points. */
export type Route =
  | { readonly kind: 'landing' }
  /** An invitation: opens a room and must leave the address bar at once. */
  | { readonly kind: 'link'; readonly text: string }
  /** A room this device knows; the id does not open it for anyone else. */
  | { readonly kind: 'room'; readonly room: string }

/** Reads the route from a whole address. */
export function routeOf(href: string): Route {
  const at = href.indexOf('#')
  const hash = at < 0 ? '' : href.slice(at)
  if (hash.startsWith('#/r/')) return { kind: 'link', text: href }
  const room = /^#\/room\/([A-Za-z0-9_-]{1,64})$/.exec(hash)?.[1]
  return room === undefined ? { kind: 'landing' } : { kind: 'room', room }
}

/** The address of a known room, relative to the page. */
export function roomHash(room: string): string {
  return `#/room/${room}`
}

/** The address of the landing page, relative to the page. */
export const landingHash = '#/'
