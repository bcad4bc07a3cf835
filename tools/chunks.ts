import { sep } from 'node:path'
import type { Plugin } from 'vite'
import { roomChunksId } from '../src/app/room-chunks.ts'

/** As much of the bundler's module graph as is looked at. */
interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}

/** Paths under `src/`: whatever these modules import, but for what an earlier chunk has, goes into one chunk. */
const roots = {
  shell: ['main.ts'],
  ground: ['core/room/index.ts'],
  files: ['core/files/index.ts'],
  features: ['core/peer.ts'],
  core: ['platform/browser/peer.ts', 'core/room/link.ts'],
  room: ['ui/room/RoomScreen.svelte', 'app/room.svelte.ts'],
} as const

/**
 * Names the chunk of a module: few chunks instead of fifty. Each costs a request and a task of its own, in the page, in the browser and in the
 * relay, and a fresh visitor waits for all of them (bench:join). Behind the shell are six for the peer, so that no evaluation alone holds up
 * the page, and one for the room. Undefined leaves a module beside what asks for it.
 *
 * @param root absolute folder of the sources, ending with a separator
 */
export function chunkNames(root: string): (id: string, graph: Graph) => string | undefined {
  let known: ReadonlyMap<string, string> | undefined
  return (id, graph) => {
    known ??= placesOf(root.split(sep).join('/'), graph)
    const place = known.get(id)
    // Whoever has need of it asks for it late; the workers have their own.
    if (/[\\/]node_modules[\\/]fflate[\\/]/.test(id)) return undefined
    if (place === undefined || place === 'shell') return place
    if (/[\\/]node_modules[\\/]@noble[\\/]|[\\/]core[\\/]base[\\/]curves\.ts$/.test(id)) return 'noble'
    // What a peer needs of others is libp2p, but for a handful of small ones.
    if (place !== 'room' && /[\\/]node_modules[\\/](?!(?:valibot|idb|cborg|comlink)\b)/.test(id))
      return 'links'
    return place
  }
}

function placesOf(root: string, graph: Graph): ReadonlyMap<string, string> {
  const places = new Map<string, string>()
  for (const [name, starts] of Object.entries(roots)) {
    const waiting: string[] = starts.map((start) => root + start)
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (places.has(id)) continue
      const found = graph.getModuleInfo(id)
      if (found === null) throw new Error(`expected a module, got ${id}`)
      places.set(id, name)
      waiting.push(...found.importedIds)
    }
  }
  return places
}

const early = new Set<string>([
  'rolldown-runtime',
  'noble',
  'links',
  'ground',
  'files',
  'features',
  'core',
  'room',
])

/** Writes into the page what a room needs besides the shell, so that the shell can ask for it before it knows why (`src/platform/browser/early.ts`). */
export function listsRoomChunks(): Plugin {
  return {
    name: 'tessera-room-chunks',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const chunks = Object.values(bundle ?? {}).filter((chunk) => chunk.type === 'chunk')
        const names = chunks.filter(({ name }) => early.has(name))
        const list = names.map(({ fileName }) => `/${fileName}`)
        return [
          {
            tag: 'script',
            attrs: { type: 'application/json', id: roomChunksId },
            children: JSON.stringify(list),
            injectTo: 'body',
          },
        ]
      },
    },
  }
}
