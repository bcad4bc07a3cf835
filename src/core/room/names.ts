const maxLength = 64

/** Controls, line breaks, and the marks that reorder text (Unicode bidi controls): a name must not move what is beside it. */
const unwanted = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu

/** A display name as it may be shown: one line, no reordering marks, at most 64 characters; `Guest` when nothing is left. */
export function cleanName(name: string): string {
  const clean = Array.from(name.replace(unwanted, ' ').replace(/\s+/g, ' ').trim())
    .slice(0, maxLength)
    .join('')
    .trim()
  return clean === '' ? 'Guest' : clean
}
