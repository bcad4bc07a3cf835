import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { build, type Plugin, type ResolvedConfig } from 'vite'

interface ShellFile {
  readonly url: string
  readonly revision?: string
}

/** Left out of the offline shell: not needed to start, or never fetched by the page. */
const leftOut = /(\.map|\.br|\.gz|^sw\.js|^screenshots\/.*|^robots\.txt)$/

/** Builds `src/service-worker.ts` into `sw.js` once the app is written, with the list of files to keep for offline starts. */
export function serviceWorker(): Plugin {
  let config: ResolvedConfig
  return {
    name: 'tessera-service-worker',
    apply: 'build',
    configResolved(resolved) {
      config = resolved
    },
    closeBundle: {
      sequential: true,
      async handler() {
        const outDir = join(config.root, config.build.outDir)
        const files = await shellFiles(outDir)
        const buildId = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 12)
        await build({
          configFile: false,
          root: config.root,
          publicDir: false,
          logLevel: 'warn',
          define: { __SHELL__: JSON.stringify({ buildId, files }) },
          build: {
            outDir,
            emptyOutDir: false,
            target: 'es2022',
            rolldownOptions: {
              input: join(config.root, 'src/service-worker.ts'),
              output: { format: 'iife', entryFileNames: 'sw.js' },
            },
          },
        })
      },
    },
  }
}

async function shellFiles(outDir: string): Promise<ShellFile[]> {
  const entries = await readdir(outDir, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(outDir, join(entry.parentPath, entry.name)).split(sep).join(posix.sep))
    .filter((name) => !leftOut.test(name))
    .sort()
  return Promise.all(
    names.map(async (name) => {
      // Vite puts hashed names under assets/ and nothing else there.
      if (name.startsWith('assets/')) return { url: `/${name}` }
      const hash = createHash('sha256')
        .update(await readFile(join(outDir, name)))
        .digest('hex')
      return { url: name === 'index.html' ? '/' : `/${name}`, revision: hash.slice(0, 12) }
    }),
  )
}
