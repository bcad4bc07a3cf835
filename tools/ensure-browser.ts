import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findBrowser } from './browser.ts'

/** Finds a browser for the tests, or installs one; exits with one clear sentence when neither works. */
function ensureBrowser(): void {
  const found = findBrowser()
  if (found !== undefined) {
    console.log(`browser: ${found}`)
    return
  }
  console.log('browser: none found, installing one')
  const isRoot = process.getuid?.() === 0
  run(process.execPath, [playwrightCli(), 'install', ...(isRoot ? ['--with-deps'] : []), 'chromium'])
  if (findBrowser() === undefined && isRoot && isDebian()) {
    run('apt-get', ['update'])
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'])
  }
  const installed = findBrowser()
  if (installed === undefined) {
    console.error(
      'No Chromium, Chrome or Edge was found and none could be installed. Install one, or set TESSERA_BROWSER to its program file.',
    )
    process.exit(1)
  }
  console.log(`browser: ${installed}`)
}

function playwrightCli(): string {
  return fileURLToPath(new URL('../node_modules/@playwright/test/cli.js', import.meta.url))
}

/** Ubuntu's apt package of this name is a stub for another installer, so only Debian itself counts. */
function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: 'inherit', timeout: 300_000 })
}

ensureBrowser()
