import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { serviceWorker } from './tools/service-worker-plugin.ts'
import manifest from './package.json' with { type: 'json' }

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
  },
  // The relay serves /relay.json and the WebSocket in development as well: `npm start` beside `npm run dev`.
  server: { proxy: { '/relay.json': 'http://127.0.0.1:4400' } },
})
