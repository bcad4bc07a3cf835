/** How many colours of glass there are; `--tessera-0` … in the design tokens. */
export const hueCount = 12

/** What a person's tile looks like, always the same for the same account. */
export interface TesseraLook {
  /** Index of the colour, 0 to 11. */
  readonly hue: number
  /** Nine cells of a 3 × 3 pattern, row by row, mirrored left to right; true is the bright glass. */
  readonly cells: readonly boolean[]
}

/** The tile of an account, drawn from its id alone so that every device shows the same. */
export function lookOf(id: string): TesseraLook {
  const bits = hash(id)
  // 1 to 62: neither empty nor full, so that each tile has a figure.
  const figure = ((bits >>> 8) % 62) + 1
  const half = Array.from({ length: 6 }, (_, i) => ((figure >>> i) & 1) === 1)
  const cells = [0, 1, 2].flatMap((row) => {
    const side = half[row * 2] ?? false
    return [side, half[row * 2 + 1] ?? false, side]
  })
  return { hue: bits % hueCount, cells }
}

/** FNV-1a over UTF-16 units, mixed by MurmurHash3's finaliser: spreads ids over looks; not for security. */
export function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  // FNV alone gives neighbours to neighbouring texts.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
