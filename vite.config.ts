import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { serviceWorker } from './tools/service-worker-plugin.ts'
import manifest from './package.json' with { type: 'json' }

/** What the shell draws with; everything else in node_modules comes later. */
const shellPackages = ['svelte', '@lucide', 'clsx', 'esm-env', 'devalue']
/** Loaded by a worker, a dialog or a rare click: better beside what asks for it. */
const latePackages = ['fflate', 'uqr', 'comlink', 'cborg', 'valibot', 'idb']
const ownChunks = ['@noble', ...shellPackages, ...latePackages].join('|')

/**
 * Few chunks instead of fifty: each costs a request and a task of its own, and a fresh visitor waits for all of them before the
 * peer can start (bench:join). Three remain behind the shell, so that no evaluation alone holds up the page.
 */
const chunks = [
  { name: 'noble', test: /node_modules[\\/]@noble[\\/]/, priority: 3 },
  { name: 'links', test: new RegExp(String.raw`node_modules[\\/](?!(?:${ownChunks})\b)`), priority: 2 },
  // The shell has its own small pieces of base.
  { name: 'core', test: /src[\\/]core[\\/](?!base[\\/])/, priority: 1 },
]

export default defineConfig({
  base: '/',
  plugins: [svelte(), serviceWorker()],
  define: { __APP_VERSION__: JSON.stringify(manifest.version) },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    sourcemap: true,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rolldownOptions: { output: { codeSplitting: { includeDependenciesRecursively: false, groups: chunks } } },
  },
  // The relay serves /relay.json and the WebSocket in development as well: `npm start` beside `npm run dev`.
  server: { proxy: { '/relay.json': 'http://127.0.0.1:4400' } },
})
