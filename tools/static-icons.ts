import type { Plugin } from 'vite'

type Shape = readonly [tag: string, attributes: Readonly<Record<string, string>>]

/** What an icon of @lucide/svelte says of itself. */
interface Icon {
  readonly name: string
  readonly node: readonly Shape[]
}

/**
 * Builds each icon as the fixed drawing that it is. @lucide/svelte 1.48 puts an icon together shape by shape whenever one is drawn; a room has thirty,
 * and that was a fifth of the time its screen takes to be drawn (bench:join). Here an icon takes its size and nothing else.
 */
export function staticIcons(): Plugin {
  return {
    name: 'tessera-static-icons',
    enforce: 'pre',
    transform: {
      filter: { id: /[\\/]@lucide[\\/]svelte[\\/]dist[\\/]icons[\\/][\w-]+\.svelte$/ },
      handler: (code, id) => ({ code: drawn(iconOf(code, id)), map: null }),
    },
  }
}

function iconOf(code: string, id: string): Icon {
  const data = /const iconData = (\{.*\});/.exec(code)?.[1]
  if (data === undefined) throw new Error(`expected the shapes of an icon in ${id}`)
  return JSON.parse(data) as Icon
}

function drawn({ name, node }: Icon): string {
  const shapes = node.map(
    ([tag, attributes]) =>
      `<${tag} ${Object.entries(attributes)
        .map(([key, value]) => `${key}="${value}"`)
        .join(' ')} />`,
  )
  return `<script>
  const { size = 24 } = $props()
</script>
<svg xmlns="http://www.w3.org/2000/svg" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
  stroke-width="2" stroke-linecap="round" stroke-linejoin="round" class="lucide lucide-${name}" aria-hidden="true">${shapes.join('')}</svg>`
}
