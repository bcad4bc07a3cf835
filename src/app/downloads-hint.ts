/** What the page knows of the browser it runs in. `navigator` fits. */
interface BrowserWords {
  readonly userAgent: string
}

/**
 * The keys that list this browser's downloads, or undefined where there are none (phones) or they are not known. A page cannot open
 * that list, so the person is told how. By each vendor's own list of shortcuts.
 */
export function downloadsKeys({ userAgent }: BrowserWords): string | undefined {
  if (/Android|iPhone|iPad|Mobile/.test(userAgent)) return undefined
  const isMac = userAgent.includes('Macintosh')
  if (userAgent.includes('Firefox/'))
    return isMac ? '⌘J' : userAgent.includes('Linux') ? 'Ctrl+Shift+Y' : 'Ctrl+J'
  if (/Chrome\//.test(userAgent)) return isMac ? '⇧⌘J' : 'Ctrl+J'
  return isMac ? '⌥⌘L' : undefined
}
