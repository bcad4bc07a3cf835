/** Where the address bar points. */
export type Route =
  | { readonly kind: 'landing' }
  /** An invitation: opens a room and must leave the address bar at once. */
  | { readonly kind: 'link'; readonly text: string }
  /** What another app shared lies ready (FI-70). */
  | { readonly kind: 'shared' }

  /** A room this device knows; the id does not open it for anyone else. */
  | { readonly kind: 'room'; readonly room: string }

/** Reads the route from a whole address. */
export function routeOf(href: string): Route {
  const at = href.indexOf('#')
  const hash = at < 0 ? '' : href.slice(at)
  if (hash === '#/shared') return { kind: 'shared' }
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

/** File ids are 32 bytes: 43 characters. */
const fileSuffix = /\/f\/([A-Za-z0-9_-]{43})\s*$/

/** The link that opens a room at one of its files (FI-47). */
export function fileLink(roomLink: string, file: string): string {
  return `${roomLink}/f/${file}`
}

/** A link without what names a file in it, and that file. Anything else is left as it is. */
export function splitFileLink(text: string): { readonly room: string; readonly file: string | undefined } {
  const file = fileSuffix.exec(text)?.[1]
  return { room: file === undefined ? text : text.replace(fileSuffix, ''), file }
}
