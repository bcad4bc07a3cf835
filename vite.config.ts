import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { chunkNames, listsRoomChunks } from './tools/chunks.ts'
import { staticIcons } from './tools/static-icons.ts'
import { serviceWorker } from './tools/service-worker-plugin.ts'
import manifest from './package.json' with { type: 'json' }

/** Everything the bundle has is asked by {@link chunkNames}; those of lesser names go where the bundler puts them. */
const chunks = [{ debugName: 'chunks', name: chunkNames(fileURLToPath(new URL('./src/', import.meta.url))) }]

export default defineConfig({
  base: '/',
  plugins: [staticIcons(), svelte(), listsRoomChunks(), serviceWorker()],
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
