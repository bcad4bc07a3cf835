import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One thing that the bundler makes, and what it is made from. */
interface Build {
  readonly title: string
  readonly result: string
  readonly sources: readonly string[]
  readonly arguments: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))

const builds: readonly Build[] = [
  {
    title: 'app',
    result: 'dist/index.html',
    sources: ['src', 'workers', 'public', 'index.html', 'vite.config.ts', 'svelte.config.js', 'package.json'],
    arguments: ['build'],
  },
  {
    title: 'relay',
    result: 'dist-relay/relay.mjs',
    sources: ['relay', 'src/core', 'vite.relay.config.ts', 'package.json'],
    arguments: ['build', '--config', 'vite.relay.config.ts'],
  },
]

/** Builds what is older than its sources, then runs the relay with the given arguments until one of them ends. */
function start(): void {
  for (const build of builds) {
    if (newest(build.result) < Math.max(...build.sources.map(newest))) make(build)
  }
  const relay = spawn(process.execPath, [join(root, 'dist-relay/relay.mjs'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => relay.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal))
  }
  relay.once('error', (error) => {
    console.error(`tessera: the relay could not be started: ${error.message}`)
    process.exit(1)
  })
  relay.once('exit', (code) => process.exit(code ?? 1))
}

function make({ title, arguments: args }: Build): void {
  console.log(`tessera: building the ${title}`)
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  // The bundler's own report is of use only when something is wrong with it.
  const { status } = spawnSync(process.execPath, [vite, ...args, '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) {
    console.error(`tessera: the ${title} could not be built`)
    process.exit(status ?? 1)
  }
}

/** Latest change in a file or folder, in ms since the epoch; 0 when it is missing. Tests are no source. */
function newest(name: string): number {
  const path = join(root, name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return 0
  if (!found.isDirectory()) return found.mtimeMs
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !/\.(test|browser)\.ts$|\.md$/.test(entry.name))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
}

start()
