/**
 * The page's default Trusted Types policy: scripts by URL (workers, the service worker) from this origin only. HTML and
 * script text get no policy, so inserting any is refused. Imported before everything else.
 */
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): unknown
}

function sameOrigin(url: string): string {
  const { origin } = new URL(url, location.href)
  if (origin !== location.origin)
    throw new TypeError(`expected a script of this origin, got one of ${origin}`)
  return url
}

// Not in every engine, nor in every version of the DOM types.
const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory }
trustedTypes?.createPolicy('default', { createScriptURL: sameOrigin })
