/** A stretch of a message: plain text, or a web address that may be opened. */
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }

/** Only http and https: no scheme that could run code or open a program. */
const candidate = /\bhttps?:\/\/[^\s<>"'`‹›]+/giu
const trailing = /[.,;:!?…)\]}'"]+$/u

/** Splits a message into text and links. `href` is the normalised address, so a disguised host name shows as it is. */
export function textParts(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let from = 0
  for (const match of text.matchAll(candidate)) {
    const shown = trimmed(match[0])
    const href = addressOf(shown)
    if (href === undefined) continue
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    parts.push({ kind: 'link', text: shown, href })
    from = match.index + shown.length
  }
  if (from < text.length || parts.length === 0) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** Leaves the sentence its punctuation; keeps a closing bracket that the address itself opened. */
function trimmed(match: string): string {
  const tail = trailing.exec(match)
  if (tail === null) return match
  const cut = match.slice(0, tail.index)
  return tail[0].startsWith(')') && cut.includes('(') ? `${cut})` : cut
}

function addressOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.username === '' && url.password === '' ? url.href : undefined
}
