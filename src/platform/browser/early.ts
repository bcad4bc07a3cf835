import { roomChunksId } from '../../app/room-chunks.ts'

let fetched: Promise<unknown> = Promise.resolve()

/**
 * Lets the browser fetch and compile what a room needs, without running it, while the first screen is painted: running it before would hold that
 * up, and asking for it after would leave the line idle meanwhile. Resolves when nothing is left to compile; whoever imports what could
 * not be fetched is told of it.
 */
export async function fetchEarly(document: Document): Promise<void> {
  const list = document.getElementById(roomChunksId)
  if (list !== null) {
    list.remove() // asked for once
    const urls = JSON.parse(list.textContent) as string[]
    fetched = Promise.all(urls.map((url) => fetchModule(document, url)))
  }
  await fetched
}

function fetchModule(document: Document, url: string): Promise<unknown> {
  const link = document.createElement('link')
  // An engine that does not know the word would never tell of an end.
  if (!link.relList.supports('modulepreload')) return Promise.resolve()
  link.rel = 'modulepreload'
  link.fetchPriority = 'low'
  link.crossOrigin = ''
  link.href = url
  const settled = new Promise((resolve) => {
    for (const end of ['load', 'error']) link.addEventListener(end, resolve, { once: true })
  })
  document.head.append(link)
  return settled
}
