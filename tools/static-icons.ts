import type { Plugin } from 'vite'

type Shape = readonly [tag: string, attributes: Readonly<Record<string, string>>]

/** What an icon of @lucide/svelte says of itself. */
interface Icon {
  readonly name: string
  readonly node: readonly Shape[]
}

/**
 * Builds each icon as the fixed drawing that it is. @lucide/svelte 1.48 puts an icon together shape by shape whenever one is drawn; a room has thirty,
 * and that was a quarter of what drawing its screen takes in a profile of a join. Here an icon takes its size and nothing else.
 */
export function staticIcons(): Plugin {
  return {
    name: 'tessera-static-icons',
    enforce: 'pre',
    transform: {
      filter: { id: /[\\/]@lucide[\\/]svelte[\\/]dist[\\/]icons[\\/][\w-]+\.svelte$/ },
      handler: (code, id) => ({ code: drawnIcon(code, id), map: null }),
    },
  }
}

/** The source of an icon's component as one fixed drawing. Throws where the shapes are not found. */
export function drawnIcon(code: string, id: string): string {
  const data = /const iconData = (\{.*\});/.exec(code)?.[1]
  if (data === undefined) throw new Error(`expected the shapes of an icon in ${id}`)
  const { name, node } = JSON.parse(data) as Icon
  const shapes = node.map(([tag, attributes]) => `<${tag} ${listed(attributes)} />`)
  return `<script>
  const { size = 24 } = $props()
</script>
<svg xmlns="http://www.w3.org/2000/svg" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
  stroke-width="2" stroke-linecap="round" stroke-linejoin="round" class="lucide lucide-${name}" aria-hidden="true">${shapes.join('')}</svg>`
}

function listed(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}="${value}"`)
    .join(' ')
}
