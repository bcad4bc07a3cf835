import { defineConfig } from 'vite'

/** The relay as one file that runs on Node without node_modules. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: 'relay/main.ts',
    outDir: 'dist-relay',
    target: 'node20',
    rolldownOptions: {
      output: { entryFileNames: 'relay.mjs', codeSplitting: false },
      // A native module cannot be bundled: it is loaded if it is there.
      external: ['@libp2p/webrtc'],
    },
  },
  ssr: { noExternal: true, external: ['@libp2p/webrtc'] },
})
