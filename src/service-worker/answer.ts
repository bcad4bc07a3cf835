/** What the shell knows of itself at build time. */
export interface Shell {
  readonly files: readonly { readonly url: string }[]
}

/**
 * Which kept file answers a request, or `'network'`. Navigations inside the app get the page; the relay's own
 * addresses and everything not in the shell go to the network untouched.
 */
export function answerFor(
  request: { readonly method: string; readonly mode: string; readonly url: string },
  origin: string,
  shell: Shell,
): string {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== origin) return 'network'
  if (request.mode === 'navigate')
    return url.pathname === '/' || url.pathname === '/index.html' ? '/' : 'network'
  return shell.files.some((file) => file.url === url.pathname) ? url.pathname : 'network'
}
