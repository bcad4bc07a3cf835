/** Headers of every answer. `connectOrigins` are validated origins the page may connect to beside our own. */
export function securityHeaders(connectOrigins: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob: mediastream:",
    "font-src 'self'",
    ["connect-src 'self'", ...connectOrigins].join(' '),
    "manifest-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default svelte-trusted-html',
  ]
  const ours = [
    'camera',
    'microphone',
    'display-capture',
    'screen-wake-lock',
    'fullscreen',
    'picture-in-picture',
  ]
  const nobodys = ['geolocation', 'payment', 'usb']
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': [
      ...ours.map((name) => `${name}=(self)`),
      ...nobodys.map((name) => `${name}=()`),
    ].join(', '),
  }
}
