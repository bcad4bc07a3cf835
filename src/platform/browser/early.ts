import { roomChunksId } from '../../app/room-chunks.ts'

/**
 * Lets the browser fetch and compile what a room needs, without running it, while the first screen is painted: running it before would hold that
 * up, and asking for it after would leave the line idle meanwhile.
 */
export function fetchEarly(document: Document): void {
  const list = document.getElementById(roomChunksId)?.textContent
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
