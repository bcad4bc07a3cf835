/** Where the build lists the chunks a room needs (`tools/chunks.ts`); development has none. */
const listId = 'room-chunks'

/**
 * Lets the browser fetch and compile what a room needs, without running it, while the first screen is painted: running it before would hold that
 * up, and asking for it after would leave the line idle meanwhile.
 */
export function fetchEarly(document: Document): void {
  const list = document.getElementById(listId)?.textContent
  if (list === undefined) return
  for (const url of JSON.parse(list) as string[]) {
    const link = document.createElement('link')
    link.rel = 'modulepreload'
    link.fetchPriority = 'low'
    link.crossOrigin = ''
    link.href = url
    document.head.append(link)
  }
}
