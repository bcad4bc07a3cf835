/**
 * Characters that change how the text around them is drawn, or are not drawn at all: C0 and C1 controls, bidirectional
 * embeddings, overrides and isolates (UAX 9), zero-width marks, line separators, the byte-order mark, tag characters.
 */
const deceiving = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/** What a message must not hide: controls but tabs and line breaks, and embeddings and overrides of direction. Marks and isolates stay: languages need them. */
const hiddenInText = /(?![\t\n])\p{Cc}|[\u202a-\u202e]/gu

/** An ending that says what a file is: a dot and a few letters or digits after something else. */
const ending = /(?<=.)\.[\p{L}\p{N}_-]{1,11}$/su

/** A name in two parts, so that a narrow place can shorten the first and keep the second. */
export interface ShownName {
  readonly stem: string
  /** With its dot; empty when there is none. */
  readonly extension: string
}

/** A name with every deceiving character written out, as `‹U+202E›`. */
export function showControls(name: string): string {
  return name.replace(deceiving, codePoint)
}

/** A message with its hidden characters written out; it may have several lines. */
export function showText(text: string): string {
  return text.replace(hiddenInText, codePoint)
}

/** A file name as it truly is, fit for the screen. */
export function showName(name: string): ShownName {
  const shown = showControls(name)
  const extension = ending.exec(shown)?.[0] ?? ''
  return { stem: shown.slice(0, shown.length - extension.length), extension }
}

function codePoint(char: string): string {
  return `‹U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`
}
