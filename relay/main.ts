#!/usr/bin/env node
import '../src/core/base/polyfill.ts'
import { fileURLToPath } from 'node:url'
import { TesseraError } from '../src/core/base/errors.ts'
import { readCommand } from './command-line.ts'
import { stopTimeoutMs } from './constants.ts'
import { UsageError } from './errors.ts'
import { helpText } from './flags.ts'
import type { RelayOptions } from './options.ts'
import { startRelay } from './relay.ts'
import { version } from './version.ts'

/** The built app lies beside the folder of the bundle. */
const builtApp = fileURLToPath(new URL('../dist', import.meta.url))

try {
  const command = readCommand(process.argv.slice(2), process.env)
  if (command.kind === 'help') console.log(helpText())
  else if (command.kind === 'version') console.log(version)
  else await run(command.options)
} catch (error) {
  if (!(error instanceof TesseraError)) throw error
  console.error(`tessera: ${error.message}`)
  process.exit(error instanceof UsageError ? 2 : 1)
}

async function run(options: RelayOptions): Promise<void> {
  const relay = await startRelay({
    ...options,
    app: options.app ?? builtApp,
    onNotice: (sentence) => console.error(`tessera: ${sentence}`),
  })
  let isStopping = false
  const stop = (): void => {
    if (isStopping) return // a terminal and a parent process may both tell us
    isStopping = true
    setTimeout(() => process.exit(1), stopTimeoutMs).unref()
    void relay.stop().then(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  console.log(`Tessera is at ${relay.url}`)
}
