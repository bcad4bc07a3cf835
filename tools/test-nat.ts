/**
 * Calls of the built app through NATs, lossy lines and a real TURN server: browsers, routers, relay and coturn, each in a network
 * namespace, none of which reaches the machine's own network.
 *
 * Needs Linux, root and network namespaces; where one is missing it says so and passes. What it lacks of coturn, iproute2, nftables,
 * tcpdump and util-linux it installs where there is an apt. `--all` also runs the pairs of networks that say nothing new. Other
 * options go to Playwright, such as `-g symmetric`. Needs `npm run build` before.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { isolated } from '../bench/lab/lab.ts'

/** Debian's package of each program. */
const programs = {
  turnserver: 'coturn',
  ip: 'iproute2',
  nft: 'nftables',
  tcpdump: 'tcpdump',
  nsenter: 'util-linux',
  perl: 'perl-base',
} as const

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0
}

/** Why it cannot run here; undefined when it can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux'
  if (process.getuid?.() !== 0) return 'it needs root, to make networks'
  if (!existsSync('/dev/net/tun')) return 'it needs /dev/net/tun'
  const missing = Object.entries(programs).filter(([program]) => !isThere(program))
  if (missing.length === 0) return undefined
  const packages = missing.map(([, name]) => name)
  if (!isThere('apt-get')) return `it needs ${packages.join(', ')}`
  return install(packages) ? undefined : `${packages.join(', ')} could not be installed`
}

/** Installing starts no service: the lab starts its own. */
function install(packages: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args: readonly string[]): boolean =>
    spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0
  const wanted = ['install', '-y', '--no-install-recommends', ...packages]
  return apt(...wanted) || (apt('update') && apt(...wanted))
}

const why = obstacle()
if (why !== undefined) {
  console.log(`calls through NATs were not tested here: ${why}`)
  process.exit(0)
}
if (!existsSync('dist-relay/relay.mjs')) {
  console.error('expected a built app and relay: run `npm run build` first')
  process.exit(1)
}
const given = process.argv.slice(2)
if (given.includes('--all')) process.env['TESSERA_NAT_ALL'] = '1'
const code = await isolated([
  process.execPath,
  'node_modules/@playwright/test/cli.js',
  ...['test', '--config', 'playwright.nat.config.ts'],
  ...given.filter((option) => option !== '--all'),
])
if (code === undefined)
  console.log('calls through NATs were not tested here: network namespaces are not allowed')
process.exit(code ?? 0)
