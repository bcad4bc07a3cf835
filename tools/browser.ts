import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from '@playwright/test'

const names = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
]

/**
 * The Chromium-family browser that tests, icons and judges use: `TESSERA_BROWSER`, then Playwright's own build,
 * then the usual places of macOS and Windows, then names on PATH. Undefined when there is none.
 */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['TESSERA_BROWSER']
  if (named !== undefined && named !== '') return named
  return [bundled(), ...fixedPlaces(env), ...onPath(env)].find((path) => path !== '' && isExecutable(path))
}

function bundled(): string {
  try {
    return chromium.executablePath()
  } catch {
    return '' // this Playwright build knows no browser for the platform
  }
}

function fixedPlaces(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'].map(
      (app) => `/Applications/${app}.app/Contents/MacOS/${app}`,
    )
  }
  if (process.platform !== 'win32') return []
  const roots = [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]
  const files = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe']
  return roots.flatMap((root) => (root === undefined ? [] : files.map((file) => join(root, file))))
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.flatMap((folder) => names.map((name) => join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return existsSync(path)
  } catch {
    return false
  }
}

/**
 * Pages of its own that Chromium 156 opens with each new window for the address bar's suggestions. They take half a second of processor time that
 * belongs to nothing under test.
 */
const addressBarPages = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup']

/** Launch flags every test browser gets: fake devices, real local addresses, no background traffic. */
export function browserFlags(): string[] {
  const flags = [
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--disable-features=${['WebRtcHideLocalIpsWithMdns', ...addressBarPages].join(',')}`,
  ]
  // Chromium's sandbox refuses to run as root, as in most CI containers.
  return process.getuid?.() === 0 ? [...flags, '--no-sandbox'] : flags
}
