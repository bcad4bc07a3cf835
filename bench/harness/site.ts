import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import manifest from '../../package.json' with { type: 'json' }

/** The built bench page behind the built relay. */
export interface Site {
  readonly url: string
  stop(): Promise<void>
}

/** A command and its arguments, put before every program that is started: how a program gets into a namespace. */
export type Prefix = readonly string[]

/** Builds the bench page and serves it from the real relay. Needs `npm run build` before, for the relay. */
export async function startSite(
  options: { readonly host?: string; readonly prefix?: Prefix } = {},
): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'))
  const app = join(folder, 'app')
  await buildPage(app)
  const { host = '127.0.0.1', prefix = [] } = options
  const [command = process.execPath, ...rest] = prefix.length === 0 ? [] : [...prefix, process.execPath]
  const args = ['dist-relay/relay.mjs', '--port', '0', '--host', host, '--app', app, '--no-webrtc']
  const relay = spawn(command, [...rest, ...args, '--data', join(folder, 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    let output = ''
    relay.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const match = /http:\/\/[^:\s]+:(\d+)/.exec(output)
      if (match?.[1] !== undefined) resolve(match[1])
    })
    relay.once('exit', (code) => reject(new Error(`the relay ended with ${String(code)}: ${output}`)))
  })
  return {
    url: `http://${host === '127.0.0.1' ? 'localhost' : host}:${port}`,
    async stop() {
      const gone = new Promise<void>((resolve) => relay.once('exit', () => resolve()))
      relay.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function buildPage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: fileURLToPath(new URL('../page', import.meta.url)),
    logLevel: 'warn',
    define: { __APP_VERSION__: JSON.stringify(manifest.version) },
    worker: { format: 'es' },
    build: {
      minify: process.env['BENCH_PLAIN'] === undefined,
      outDir,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  })
}
