import { readFileSync } from 'node:fs'

// Whatever the page names is fetched before its first paint, however the chunks are called.
const page = 'dist/index.html'
const assets = [...readFileSync(page, 'utf8').matchAll(/"\/(assets\/[^"]+)"/g)].map(
  ([, path]) => `dist/${path}`,
)

export default [{ name: 'shell before first paint', path: [page, ...assets], brotli: true, limit: '40 kB' }]
