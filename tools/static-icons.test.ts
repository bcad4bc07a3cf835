import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { drawnIcon } from './static-icons.ts'

const icon = fileURLToPath(new URL('../node_modules/@lucide/svelte/dist/icons/mic.svelte', import.meta.url))

describe('an icon as a fixed drawing', () => {
  it('has the shapes of the installed library, a size, and nothing to be read out', () => {
    const drawn = drawnIcon(readFileSync(icon, 'utf8'), icon)
    expect(drawn).toContain('class="lucide lucide-mic" aria-hidden="true"')
    expect(drawn).toContain('width={size} height={size} viewBox="0 0 24 24"')
    expect(drawn.match(/<(?:path|rect) [^>]+\/>/g)).toHaveLength(3)
  })

  it('is not made up when the library says it in another way', () => {
    expect(() => drawnIcon('<svg />', 'icons/other.svelte')).toThrow('icons/other.svelte')
  })
})
